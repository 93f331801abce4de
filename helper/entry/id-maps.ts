// How ids of a user namespace are ids outside of it.
import type { IdMapping } from '../protocol/inspection.ts';
import { processText } from '../sys/process-files.ts';
import { parseIdMap } from '../sys/procfs.ts';
import { lookInto } from './look-into.ts';

export interface IdMaps {
  readonly uidMap: IdMapping[];
  readonly gidMap: IdMapping[];
}

/** @param proc `/proc/812`, or that of a thread */
export const readMaps = (proc: string): IdMaps => ({
  uidMap: parseIdMap(processText(proc, 'uid_map')),
  gidMap: parseIdMap(processText(proc, 'gid_map')),
});

/** Of a user namespace that no process need be in. @throws StageFailed of setns: EPERM without CAP_SYS_ADMIN in it */
export async function mapsOf(user: number, label: string): Promise<IdMaps> {
  let maps: IdMaps = { uidMap: [], gidMap: [] };
  await lookInto('user', user, label, pid => {
    maps = readMaps(`/proc/${pid}`);
  });
  return maps;
}
