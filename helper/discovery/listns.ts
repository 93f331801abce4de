// listns(2), Linux 6.19: the kernel's own list of namespaces, against which the rest is complete.
import { closeSync } from 'node:fs';
import type { NamespaceKey } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { SysError } from '../sys/errors.ts';
import { cloneFlag } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { inodeOf, openById } from '../sys/namespaces.ts';
import type { Gaps } from './gaps.ts';

const AT_ONCE = 4096;
/** struct ns_id_req { u32 size, spare; u64 after; u32 types, spare2; u64 user namespace }, linux/nsfs.h */
const REQUEST_BYTES = 32;

/** The ids of one type of namespace; the kernel gives them in ascending order. @throws SysError ENOSYS */
function* idsOf(type: NamespaceKey['type']): Generator<number> {
  const request = Buffer.alloc(REQUEST_BYTES);
  const ids = Buffer.alloc(AT_ONCE * 8);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeUInt32LE(cloneFlag[type], 16);
  for (;;) {
    const count = sys('listns', `${type} namespaces`, request, ids, AT_ONCE, 0);
    for (let index = 0; index < count; index++) yield Number(ids.readBigUInt64LE(index * 8));
    if (count < AT_ONCE) return;
    request.writeBigUInt64LE(ids.readBigUInt64LE((count - 1) * 8), 8);
  }
}

/** Whether this kernel has the call. */
export function hasListns(): boolean {
  try {
    idsOf('user').next();
    return true;
  } catch {
    return false;
  }
}

const isThere = hasListns();

/**
 * Every namespace of the machine but those whose number is known already; nothing before Linux 6.19.
 */
export function* listNamespaces(known: ReadonlySet<number>, gaps: Gaps): Generator<NamespaceKey> {
  if (!isThere) return;
  for (const type of namespaceTypes) {
    for (const id of idsOf(type)) {
      if (known.has(id)) continue;
      try {
        // Of a handle the id alone is enough since the kernel has this call.
        const fd = openById({ type, inode: 0 }, id);
        try {
          yield { type, inode: inodeOf(fd) };
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        if (!(error instanceof SysError && error.errno === 'ESTALE')) gaps.add('listed namespaces', `${type} ${id}`, error);
      }
    }
  }
}
