// Opening what a caller names with the caller's rights to it and not with root's. The ids that count
// for files are the thread's own in the kernel (setfsuid(2)), so the rest of the helper stays root.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { Refusal } from '../sys/errors.ts';
import { AT_FDCWD, O_PATH, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS } from '../sys/flags.ts';
import { openAs, reopenPath } from '../sys/in-root.ts';
import { sys } from '../sys/libc.ts';
import { statusField } from '../sys/procfs.ts';

/** Whose rights count, as the kernel told them. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** Any id that is none: setfsuid(2) then changes nothing, and tells what is there. */
const NONE = 0xffff_ffff;

/** Runs `work`, which must be synchronous, with the rights of `caller` to files. */
export function asCaller<T>(caller: Caller, work: () => T): T {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, groups: ownGroups() };
  if (caller.uid === own.uid) return work();
  try {
    become(caller);
    return work();
  } finally {
    become(own);
  }
}

/** Those of this thread; process.getgroups adds the group of the process. */
const ownGroups = (): number[] =>
  (statusField(readFileSync('/proc/thread-self/status', 'latin1'), 'Groups') ?? '').split(' ').filter(Boolean).map(Number);

/** @throws SysError; Error when the kernel did not take the ids, which it says only so */
function become({ uid, gid, groups }: Caller): void {
  const list = Buffer.alloc(4 * groups.length);
  groups.forEach((group, index) => {
    list.writeUInt32LE(group, 4 * index);
  });
  sys('setgroups', 'the unpacking thread', groups.length, list);
  sys('setfsgid', 'the unpacking thread', gid);
  sys('setfsuid', 'the unpacking thread', uid);
  if (sys('setfsuid', 'the unpacking thread', NONE) !== uid || sys('setfsgid', 'the unpacking thread', NONE) !== gid)
    throw new Error(`the unpacking thread could not take the rights of user ${uid}`);
}

/** Magic links are not followed: /proc/self/fd would lead to what the helper has open. @throws SysError with the path as subject */
export const openDirectoryAs = (caller: Caller, path: string): number =>
  asCaller(caller, () => openAs(AT_FDCWD, path, O_PATH | constants.O_DIRECTORY, RESOLVE_NO_MAGICLINKS));

/** @throws SysError with the path as subject; Refusal for anything but a regular file */
export const openFileAs = (caller: Caller, path: string): number =>
  asCaller(caller, () => openRegular(AT_FDCWD, path, RESOLVE_NO_MAGICLINKS));

/** @param path below `directory`; no link leads out of that */
export const openBeneathAs = (caller: Caller, directory: number, path: string): number =>
  asCaller(caller, () => openRegular(directory, path, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS));

function openRegular(directory: number, path: string, resolve: number): number {
  // Looked at before it is opened: a FIFO would hold the thread, and opening a device may do something.
  const held = openAs(directory, path, O_PATH, resolve);
  try {
    if (!fstatSync(held).isFile()) throw new Refusal('invalid', `${path} is no regular file.`, { subject: path });
    return reopen(held, path);
  } finally {
    closeSync(held);
  }
}

function reopen(held: number, path: string): number {
  try {
    return openSync(reopenPath(held), constants.O_RDONLY);
  } catch (error) {
    // The caller knows the file by its path, and nothing of the helper's descriptors.
    if (error instanceof Error && 'path' in error) error.path = path;
    throw error;
  }
}
