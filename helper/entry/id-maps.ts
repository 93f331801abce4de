// The id maps of a user namespace that no process is in. The kernel shows them only through a process, so one goes in for a look.
import { closeSync, openSync } from 'node:fs';
import type { IdMapping } from '../protocol/inspection.ts';
import { prelude } from '../stage/calls.ts';
import { stage } from '../stage/run.ts';
import { cloneFlag } from '../sys/flags.ts';
import { processText } from '../sys/process-files.ts';
import { parseIdMap } from '../sys/procfs.ts';

export interface IdMaps {
  readonly uidMap: IdMapping[];
  readonly gidMap: IdMapping[];
}

/** @throws StageFailed of setns: EPERM without CAP_SYS_ADMIN in it */
export async function mapsOf(user: number, label: string): Promise<IdMaps> {
  const handle = `user of ${label}`;
  const maps: IdMaps[] = [];
  const nowhere = openSync('/dev/null', 'r+');
  try {
    await stage({
      program: [
        ...prelude,
        { call: 'setns', arguments: [{ handle }, { text: 'CLONE_NEWUSER', value: cloneFlag.user }] },
        { do: 'fork' },
        { do: 'sync', until: 'reads its id maps' },
      ],
      stdio: [nowhere, nowhere, nowhere],
      handles: new Map([[handle, user]]),
      onSync: (_, pid) => {
        maps.push({ uidMap: mapIn(pid, 'uid_map'), gidMap: mapIn(pid, 'gid_map') });
      },
      onEnd: () => undefined,
    });
  } finally {
    closeSync(nowhere);
  }
  return maps[0] ?? { uidMap: [], gidMap: [] };
}

const mapIn = (pid: number, file: 'uid_map' | 'gid_map'): IdMapping[] => parseIdMap(processText(pid, file));
