// Calls that every program begins with.
import { AT_FDCWD, F_SETFD, FD_CLOEXEC, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_PDEATHSIG, SIGKILL } from '../sys/flags.ts';
import type { Argument, Call } from './program.ts';

/** What a path is relative to that says nothing else. */
export const here: Argument = { text: 'AT_FDCWD', value: AT_FDCWD };

/** Nobody inside may look at the stage before it has become something else (CVE-2016-9962), or inherit its socket. */
export const prelude: readonly Call[] = [
  { call: 'prctl', arguments: [{ text: 'PR_SET_DUMPABLE', value: PR_SET_DUMPABLE }, 0] },
  { call: 'prctl', arguments: [{ text: 'PR_SET_NAME', value: PR_SET_NAME }, 'burrow-stage'] },
  // The keys of whoever started the helper are nobody's inside, keyrings(7).
  { call: 'keyctl', arguments: [{ text: 'KEYCTL_JOIN_SESSION_KEYRING', value: 1 }, null], tolerate: ['ENOSYS'] },
  { call: 'fcntl', arguments: [3, { text: 'F_SETFD', value: F_SETFD }, { text: 'FD_CLOEXEC', value: FD_CLOEXEC }] },
];

/** The helper may be killed, and could not end it then. A change of the user takes this back, prctl(2). */
export const endWithHelper: Call = {
  call: 'prctl',
  arguments: [
    { text: 'PR_SET_PDEATHSIG', value: PR_SET_PDEATHSIG },
    { text: 'SIGKILL', value: SIGKILL },
  ],
};

export function setgroups(groups: readonly number[]): Call {
  const list = Buffer.alloc(Math.max(4, groups.length * 4));
  groups.forEach((group, index) => {
    list.writeUInt32LE(group, index * 4);
  });
  return { call: 'setgroups', arguments: [groups.length, { bytes: list, text: `[${groups.join(', ')}]` }] };
}
