// Opening paths below a root directory that somebody else controls: every symbolic link is resolved
// as if that directory were `/`, and none of /proc's magic links is followed (openat2(2), Linux 5.6).
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { O_CLOEXEC, O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from './flags.ts';
import { sys } from './libc.ts';

/** openat2(2). @param path a text, or the bytes of one that may be no UTF-8. @throws SysError with the path as subject */
export function openAs(directory: number, path: string | Buffer, flags: number, resolve: number): number {
  const how = Buffer.alloc(24); // struct open_how { u64 flags, mode, resolve }
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  const ended = typeof path === 'string' ? path : Buffer.concat([path, Buffer.of(0)]);
  return sys('openat2', path.toString(), directory, ended, how, how.length);
}

/** @throws SysError with the path as subject */
export const openInRoot = (root: number, path: string, flags: number): number =>
  openAs(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

/** struct statfs: the type of the file system comes first. */
export function fileSystemOf(fd: number): number {
  const buffer = Buffer.alloc(256);
  sys('fstatfs', 'file system', fd, buffer);
  return Number(buffer.readBigInt64LE(0));
}

/** Opens again what a path descriptor (O_PATH) holds, after it has been looked at. */
export const reopenPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** More of a file than this is not read: its owner may be hostile, and the file without an end. */
const READ_BYTES = 1 << 20;

export interface OwnedText {
  readonly text: string;
  /** Whose file it is. */
  readonly uid: number;
}

/**
 * Reads the beginning of a regular file.
 * @param whole of one that is longer than the limit nothing is read
 * @throws SysError, or Error for anything that is no such file
 */
export function readOwnedInRoot(root: number, path: string, limitBytes = READ_BYTES, whole = false): OwnedText {
  // Looked at before it is opened: a FIFO would hold the helper, and opening a device may do something.
  const held = openInRoot(root, path, O_PATH);
  try {
    // Files of the kernel's own have no size, and some wait for ever: a container can mount /proc/kmsg here.
    const stat = fstatSync(held);
    if (!stat.isFile() || stat.size === 0) throw new Error(`${path} is no file`);
    if (whole && stat.size > limitBytes) throw new Error(`${path} has more than ${limitBytes} bytes`);
    const fd = openSync(reopenPath(held), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(Math.min(stat.size, limitBytes));
      return { text: buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0)), uid: stat.uid };
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(held);
  }
}

export const readInRoot = (root: number, path: string): string => readOwnedInRoot(root, path).text;
