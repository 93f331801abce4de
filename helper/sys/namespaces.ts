// Handles of namespaces, and visiting them. A handle is a descriptor of nsfs: what it names cannot
// change or be reused while it is open.
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { abort } from 'node:process';
import { SysError } from './errors.ts';
import { cloneFlag, NS_GET_OWNER_UID, NS_GET_PARENT, NS_GET_USERNS } from './flags.ts';
import { sys } from './libc.ts';

/** Opens what should be a namespace: where it is a mount, somebody may have put a FIFO there, which would hold the helper. */
export const openNamespaceFile = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

/** Opens a namespace file and closes it after use. */
export function withNamespace<T>(path: string, work: (fd: number) => T): T {
  const fd = openNamespaceFile(path);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

export const inodeOf = (fd: number): number => fstatSync(fd).ino;

/** Inode of the user namespace that owns this one; undefined at the initial one or when it is out of reach (EPERM, ioctl_ns(2)). */
export const ownerOf = (fd: number): number | undefined => related(fd, NS_GET_USERNS);

/** Inode of the parent of a user or pid namespace; undefined at the initial one. */
export const parentOf = (fd: number): number | undefined => related(fd, NS_GET_PARENT);

function related(fd: number, request: number): number | undefined {
  try {
    const other = sys('ioctl', 'namespace', fd, request, 'int', 0);
    try {
      return inodeOf(other);
    } finally {
      closeSync(other);
    }
  } catch (error) {
    if (error instanceof SysError && error.errno === 'EPERM') return undefined;
    throw error;
  }
}

/** The uid that made a user namespace. */
export function ownerUidOf(fd: number): number {
  const uid = Buffer.alloc(4);
  sys('ioctl', 'user namespace', fd, NS_GET_OWNER_UID, 'void *', uid);
  return uid.readUInt32LE();
}

/** The types that Node may visit: user and time namespaces need a single-threaded process (EINVAL, EUSERS). */
export type VisitedType = 'net' | 'uts' | 'ipc' | 'cgroup';

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
