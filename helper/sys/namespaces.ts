// Handles of namespaces, and visiting them. A handle is a descriptor of nsfs: what it names cannot
// change or be reused while it is open.
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { abort } from 'node:process';
import type { NamespaceKey, NamespaceType } from '../protocol/model.ts';
import { cloneFlag, NS_GET_OWNER_UID, NSFS_MAGIC } from './flags.ts';
import { fileSystemOf } from './in-root.ts';
import { sys } from './libc.ts';
import { readNamespace } from './procfs.ts';

/** Opens what should be a namespace: where it is a mount, somebody may have put a FIFO there, which would hold the helper. */
export const openNamespaceFile = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

export const inodeOf = (fd: number): number => fstatSync(fd).ino;

/** Numbers repeat from one file system to the next: only on that of namespaces does an inode name one. */
export const isNamespace = (fd: number, inode: number): boolean => fileSystemOf(fd) === NSFS_MAGIC && inodeOf(fd) === inode;

const ownInodes = new Map<NamespaceType, number>();

/** Of the namespace that the helper is in, which it never leaves for good. */
export function ownInode(type: NamespaceType): number {
  const inode = ownInodes.get(type) ?? readNamespace('self', type);
  ownInodes.set(type, inode);
  return inode;
}

/** Numbers that open_by_handle_at(2) takes for the file system of namespaces, linux/fcntl.h; its kind of handle, linux/exportfs.h. */
const FD_NSFS_ROOT = -10_003;
const FILEID_NSFS = 0xf1;

/**
 * Opens a namespace by the number that is never given twice, whoever holds it (Linux 6.18).
 * @throws SysError ESTALE when it is gone
 */
export function openById({ type, inode }: NamespaceKey, id: number): number {
  const handle = Buffer.alloc(24); // struct file_handle { u32 bytes; int type; u64 id; u32 clone flag, inode }
  handle.writeUInt32LE(16, 0);
  handle.writeInt32LE(FILEID_NSFS, 4);
  handle.writeBigUInt64LE(BigInt(id), 8);
  handle.writeUInt32LE(cloneFlag[type], 16);
  handle.writeUInt32LE(inode, 20);
  return sys('open_by_handle_at', `${type}:[${inode}]`, FD_NSFS_ROOT, handle, constants.O_RDONLY);
}

/** The uid that made a user namespace. */
export function ownerUidOf(fd: number): number {
  const uid = Buffer.alloc(4);
  sys('ioctl', 'user namespace', fd, NS_GET_OWNER_UID, 'void *', uid);
  return uid.readUInt32LE();
}

/**
 * The types that Node may visit: user and time namespaces need a single-threaded process (EINVAL, EUSERS).
 * `mnt` can be visited only by a thread that shares its root directory with no other (unshare(CLONE_FS)).
 */
export type VisitedType = 'net' | 'uts' | 'ipc' | 'cgroup' | 'mnt';

/** What a visit may give back: a promise would go on after the return, in the wrong namespace. */
type Sync<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Runs `work` on this thread inside a namespace and returns to the own one. `work` is synchronous:
 * setns(2) moves one thread only, and whatever is awaited runs after the return, or on a pool
 * thread that was never moved.
 *
 * If the way back fails the thread is in the wrong namespace for good, so the process ends.
 * @throws SysError EPERM without CAP_SYS_ADMIN in the owning user namespace
 */
export function visit<T>(type: VisitedType, there: number, subject: string, work: () => Sync<T>): T {
  const back = openSync(`/proc/thread-self/ns/${type}`, 'r');
  try {
    sys('setns', subject, there, cloneFlag[type]);
    try {
      return work();
    } finally {
      returnTo(type, back);
    }
  } finally {
    closeSync(back);
  }
}

function returnTo(type: VisitedType, back: number): void {
  try {
    sys('setns', `the helper's own ${type}`, back, cloneFlag[type]);
  } catch (error) {
    process.stderr.write(`burrow: cannot return from a ${type} namespace: ${String(error)}\n`);
    abort();
  }
}
