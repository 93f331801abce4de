// mount(2) and its newer relatives as instructions of the stage.
import { type Argument, type Call, flags } from '../stage/program.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_NODEV, MOUNT_ATTR_RDONLY, mountFlags, O_CLOEXEC } from '../sys/flags.ts';

export const here: Argument = { text: 'AT_FDCWD', value: AT_FDCWD };
export const quiet = flags(mountFlags, 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC');
export const plain = flags(mountFlags, 'MS_NOSUID', 'MS_NODEV');

type Tolerate = Call['tolerate'];
const tolerating = (tolerate: Tolerate): Pick<Call, 'tolerate'> => (tolerate === undefined ? {} : { tolerate });

export const mount = (
  source: string | null,
  path: string,
  type: string | null,
  how: Argument,
  data: string | null,
  tolerate?: Tolerate,
): Call => ({
  call: 'mount',
  arguments: [source, path, type, how, data],
  ...tolerating(tolerate),
});

export const bind = (source: string, path: string, tolerate?: Tolerate): Call =>
  mount(source, path, null, flags(mountFlags, 'MS_BIND', 'MS_REC'), null, tolerate);

export const mkdir = (path: string): Call => ({ call: 'mkdirat', arguments: [here, path, { text: '0755', value: 0o755 }] });

const attributes = { MOUNT_ATTR_RDONLY, MOUNT_ATTR_NODEV } as const;
const where = { AT_RECURSIVE, AT_EMPTY_PATH } as const;

/** For a mount and all below it; `path` is empty for a mount that is held by a descriptor. */
export function restrict(names: readonly (keyof typeof attributes)[], directory: Argument, path: string, tolerate?: Tolerate): Call {
  const bytes = Buffer.alloc(32); // struct mount_attr
  const { text, value } = flags(attributes, ...names);
  bytes.writeBigUInt64LE(BigInt(value), 0);
  const how = path === '' ? flags(where, 'AT_EMPTY_PATH', 'AT_RECURSIVE') : flags(where, 'AT_RECURSIVE');
  return {
    call: 'mount_setattr',
    arguments: [directory, path, how, { bytes, text: `{attr_set=${text}}` }, bytes.length],
    ...tolerating(tolerate),
  };
}

const OPEN_TREE = { OPEN_TREE_CLONE: 1, AT_EMPTY_PATH, AT_RECURSIVE, OPEN_TREE_CLOEXEC: O_CLOEXEC } as const;
const depths = {
  'as a handle': flags(OPEN_TREE, 'OPEN_TREE_CLOEXEC'),
  alone: flags(OPEN_TREE, 'OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC'),
  'with what is below': flags(OPEN_TREE, 'OPEN_TREE_CLONE', 'AT_RECURSIVE', 'OPEN_TREE_CLOEXEC'),
};
const MOVE_MOUNT_F_EMPTY_PATH = 4;

/** What comes from outside is taken while the old root is there, and placed when paths mean the new one. */
export const take = (source: string, as: string, depth: keyof typeof depths): Call => ({
  call: 'open_tree',
  arguments: [here, source, depths[depth]],
  as,
});

/** A mount of what is already held: no path is opened twice. */
export const takeHeld = (held: string, as: string): Call => ({
  call: 'open_tree',
  arguments: [{ resultOf: held }, '', flags(OPEN_TREE, 'AT_EMPTY_PATH', 'OPEN_TREE_CLONE', 'AT_RECURSIVE', 'OPEN_TREE_CLOEXEC')],
  as,
});

export const place = (from: string, path: string): Call[] => [
  {
    call: 'move_mount',
    arguments: [{ resultOf: from }, '', here, path, { text: 'MOVE_MOUNT_F_EMPTY_PATH', value: MOVE_MOUNT_F_EMPTY_PATH }],
  },
  { call: 'close', arguments: [{ resultOf: from }] },
];
