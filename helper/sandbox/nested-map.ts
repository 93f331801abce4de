// The maps of a user namespace within a tenant's. The kernel takes them only from a process that is in one
// of the two (EPERM, user_namespaces(7)), and the helper can be in neither.
import { closeSync, constants, openSync } from 'node:fs';
import type { IdMapping } from '../protocol/inspection.ts';
import { here, prelude } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { stage } from '../stage/run.ts';
import { cloneFlag, cloneFlagName, NS_GET_PARENT, O_CLOEXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { mapText } from './ids.ts';

const OUTER = "the tenant's user namespace";

/** @param pid the stage, which has just made its user namespace and waits */
export async function mapNested(pid: number, uids: readonly IdMapping[], gids: readonly IdMapping[]): Promise<void> {
  const own = openSync(`/proc/${pid}/ns/user`, 'r');
  const nothing = openSync('/dev/null', 'r+');
  let outer: number | undefined;
  try {
    outer = sys('ioctl', OUTER, own, NS_GET_PARENT, 'int', 0);
    await stage({
      program: [
        ...prelude,
        { call: 'setns', arguments: [{ handle: OUTER }, { text: cloneFlagName.user, value: cloneFlag.user }] },
        ...write(`/proc/${pid}/uid_map`, mapText(uids)),
        ...write(`/proc/${pid}/gid_map`, mapText(gids)),
      ],
      stdio: [nothing, nothing, nothing],
      handles: new Map([[OUTER, outer]]),
      onEnd: () => undefined,
    });
  } finally {
    for (const fd of [own, nothing, outer]) if (fd !== undefined) closeSync(fd);
  }
}

const write = (path: string, text: string): Call[] => [
  { call: 'openat', arguments: [here, path, { text: 'O_WRONLY|O_CLOEXEC', value: constants.O_WRONLY | O_CLOEXEC }, 0], as: path },
  { call: 'write', arguments: [{ resultOf: path }, text, text.length] },
];
