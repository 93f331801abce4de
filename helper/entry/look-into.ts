// A namespace that no process is in shows its contents only through a process, so one goes in for a look.
import { closeSync, openSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import { prelude } from '../stage/calls.ts';
import { stage } from '../stage/run.ts';
import { cloneFlag, cloneFlagName } from '../sys/flags.ts';

/**
 * @param fd of the namespace
 * @param look is called with the number of a process that is in there, and has given nothing of the helper's away
 * @throws StageFailed of setns: EPERM without CAP_SYS_ADMIN in it; whatever `look` throws
 */
export async function lookInto<T>(type: NamespaceType, fd: number, label: string, look: (pid: number) => T): Promise<T> {
  const seen: T[] = [];
  const handle = `${type} of ${label}`;
  const nowhere = openSync('/dev/null', 'r+');
  try {
    await stage({
      program: [
        ...prelude,
        { call: 'setns', arguments: [{ handle }, { text: cloneFlagName[type], value: cloneFlag[type] }] },
        { do: 'fork' },
        { do: 'sync', until: 'looks at what is there' },
      ],
      stdio: [nowhere, nowhere, nowhere],
      handles: new Map([[handle, fd]]),
      onSync: (_, pid) => {
        seen.push(look(pid));
      },
      onEnd: () => undefined,
    });
    return seen[0] as T; // a stage that ends well has been at its sync
  } finally {
    closeSync(nowhere);
  }
}
