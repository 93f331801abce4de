// Every mount namespace there is, those without a process too: the kernel goes from one to the next.
import { closeSync, openSync } from 'node:fs';
import { SysError } from '../sys/errors.ts';
import { NS_GET_MNTNS_ID, NS_MNT_GET_NEXT, NS_MNT_GET_PREV } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { inodeOf } from '../sys/namespaces.ts';

export interface MountNamespace {
  readonly inode: number;
  /** 64 bits, never given twice; what listmount(2) goes by. */
  readonly id: bigint;
}

/** struct mnt_ns_info { u32 size, mounts; u64 id }, linux/nsfs.h */
const INFO_BYTES = 16;

/** @throws SysError ENOTTY before Linux 6.12 */
export function* mountNamespaces(): Generator<MountNamespace> {
  const own = openSync('/proc/thread-self/ns/mnt', 'r');
  try {
    const id = Buffer.alloc(8);
    sys('ioctl', "the helper's own mnt", own, NS_GET_MNTNS_ID, 'void *', id);
    yield { inode: inodeOf(own), id: id.readBigUInt64LE() };
    for (const request of [NS_MNT_GET_NEXT, NS_MNT_GET_PREV]) yield* from(own, request);
  } finally {
    closeSync(own);
  }
}

function* from(start: number, request: number): Generator<MountNamespace> {
  let fd = start;
  try {
    for (;;) {
      const info = Buffer.alloc(INFO_BYTES);
      info.writeUInt32LE(INFO_BYTES, 0);
      const next = step(fd, request, info);
      if (fd !== start) closeSync(fd);
      fd = start;
      if (next === undefined) return;
      fd = next;
      yield { inode: inodeOf(fd), id: info.readBigUInt64LE(8) };
    }
  } finally {
    if (fd !== start) closeSync(fd);
  }
}

function step(fd: number, request: number, info: Buffer): number | undefined {
  try {
    return sys('ioctl', 'mount namespaces', fd, request, 'void *', info);
  } catch (error) {
    if (error instanceof SysError && error.errno === 'ENOENT') return undefined; // that was the last
    throw error;
  }
}
