// How ids of a user namespace are ids outside of it.
import type { IdMapping } from '../protocol/inspection.ts';
import { processText } from '../sys/process-files.ts';
import { parseIdMap } from '../sys/procfs.ts';

export interface IdMaps {
  readonly uidMap: IdMapping[];
  readonly gidMap: IdMapping[];
}

/** @param proc `/proc/812`, or that of a thread */
export const readMaps = (proc: string): IdMaps => ({
  uidMap: parseIdMap(processText(proc, 'uid_map')),
  gidMap: parseIdMap(processText(proc, 'gid_map')),
});
