// Out of the login session of whoever started this process, on a machine where no systemd does it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SysError } from '../sys/errors.ts';
import { parseCgroup } from '../sys/procfs.ts';
import { writeTo } from './files.ts';
import { type Hierarchy, tracks } from './hierarchies.ts';

/**
 * Moves this process to the top of each hierarchy that tracks sessions. No group is made for it, so none has to be removed.
 * It keeps the groups of v1 that only limit. Where it may not go there, as without root's rights, it stays.
 */
export function leaveSession(hierarchies: readonly Hierarchy[]): void {
  const own = parseCgroup(readFileSync('/proc/self/cgroup', 'utf8'));
  for (const hierarchy of hierarchies.filter(tracks)) {
    const isAtTop = own.some(({ controllers, path }) => controllers === nameOf(hierarchy) && path === '/');
    if (!isAtTop) attempt(() => writeTo(join(hierarchy.mount, 'cgroup.procs'), '0'));
  }
}

/** As /proc/PID/cgroup has it, cgroups(7). */
const nameOf = ({ version, name }: Hierarchy): string => (version === 2 ? '' : `name=${name}`);

/** EACCES, EROFS; EBUSY where the top is a container's own, and has handed its controllers on. */
function attempt(move: () => void): void {
  try {
    move();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
