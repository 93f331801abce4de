// Mounts whose files have on the disk the ids that they have inside, mount_setattr(2).
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { prelude } from '../stage/calls.ts';
import { stage } from '../stage/run.ts';
import { AT_EMPTY_PATH, AT_FDCWD, cloneFlag, cloneFlagName, MOUNT_ATTR_IDMAP, O_CLOEXEC, OPEN_TREE_CLONE } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { type Ids, mapText } from './ids.ts';

/**
 * A user namespace that nobody is in, only to say how ids are mapped: the sandbox's own comes too late, as its
 * processes may not change mounts of the host's.
 * @returns its descriptor
 */
export async function mapFor({ uids, gids }: Ids): Promise<number> {
  const nothing = openSync('/dev/null', 'r+');
  let map: number | undefined;
  try {
    await stage({
      program: [
        ...prelude,
        { call: 'unshare', arguments: [{ text: cloneFlagName.user, value: cloneFlag.user }] },
        { do: 'sync', until: 'maps its ids' },
      ],
      stdio: [nothing, nothing, nothing],
      handles: new Map(),
      onSync: (_, pid) => {
        writeFileSync(`/proc/${pid}/uid_map`, mapText(uids));
        writeFileSync(`/proc/${pid}/gid_map`, mapText(gids));
        map = openSync(`/proc/${pid}/ns/user`, 'r');
      },
      onEnd: () => undefined,
    });
    if (map === undefined) throw new Error('the user namespace was not there to be held');
    return map;
  } catch (error) {
    if (map !== undefined) closeSync(map);
    throw error;
  } finally {
    closeSync(nothing);
  }
}

/**
 * A mount of `source` alone that is not placed anywhere yet.
 * @throws SysError EINVAL for a file system that cannot do it
 */
export function idmapped(source: string, map: number): number {
  const tree = sys('open_tree', source, AT_FDCWD, source, OPEN_TREE_CLONE | O_CLOEXEC);
  const attributes = Buffer.alloc(32); // struct mount_attr: set, clear, propagation, user namespace
  attributes.writeBigUInt64LE(BigInt(MOUNT_ATTR_IDMAP), 0);
  attributes.writeBigUInt64LE(BigInt(map), 24);
  try {
    sys('mount_setattr', `ids of ${source}`, tree, '', AT_EMPTY_PATH, attributes, attributes.length);
    return tree;
  } catch (error) {
    closeSync(tree);
    throw error;
  }
}
