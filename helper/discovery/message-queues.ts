import { closeSync, readdirSync } from 'node:fs';
import { SysError } from '../sys/errors.ts';
import { FSCONFIG_CMD_CREATE } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

/**
 * Names of the POSIX message queues of the ipc namespace that this thread is in, mq_overview(7). The
 * file system that shows them is opened without being mounted anywhere (fsopen(2), Linux 5.2).
 */
export function messageQueues(): string[] {
  const context = sys('fsopen', 'mqueue', 'mqueue', 1);
  try {
    sys('fsconfig', 'mqueue', context, FSCONFIG_CMD_CREATE);
    const mounted = sys('fsmount', 'mqueue', context, 1, 0);
    try {
      return readdirSync(`/proc/self/fd/${mounted}`).map(name => `/${name}`);
    } finally {
      closeSync(mounted);
    }
  } catch (error) {
    // The file system belongs to the ipc namespace's user namespace, and may be shut to this caller.
    if (error instanceof SysError && error.errno === 'EPERM') return [];
    throw error;
  } finally {
    closeSync(context);
  }
}
