// mount(2) and its newer relatives as instructions of the stage.
import { constants } from 'node:fs';
import {
  AT_EMPTY_PATH,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  mountFlags,
  O_CLOEXEC,
  O_PATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from '../sys/flags.ts';
import { here } from './calls.ts';
import { type Argument, type Call, type Flags, flags } from './program.ts';

export const quietly = ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'] as const;
export const quiet = flags(mountFlags, ...quietly);
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

export const mkdir = (path: string, tolerate?: Tolerate): Call => ({
  call: 'mkdirat',
  arguments: [here, path, { text: '0755', value: 0o755 }],
  ...tolerating(tolerate),
});

export const close = (held: string | Argument, tolerate?: Tolerate): Call => ({
  call: 'close',
  arguments: [typeof held === 'string' ? { resultOf: held } : held],
  ...tolerating(tolerate),
});

/** An empty file to mount on. */
export const emptyFile = (path: string, tolerate?: Tolerate): Call => ({
  call: 'mknodat',
  arguments: [here, path, { text: 'S_IFREG|0644', value: constants.S_IFREG | 0o644 }, 0],
  ...tolerating(tolerate),
});

/** How far a path may be led elsewhere by what its directories hold. */
const resolutions = {
  /** In a root file system that somebody else made: its /proc may be a link, and may change while we look (CVE-2019-19921). */
  'no links': { text: 'RESOLVE_NO_SYMLINKS', value: RESOLVE_NO_SYMLINKS },
  /** The links of /proc would lead to what is held open and out of the root. */
  'no magic links': { text: 'RESOLVE_NO_MAGICLINKS', value: RESOLVE_NO_MAGICLINKS },
} as const;
export type Care = keyof typeof resolutions | 'none';

/** Holds what is at `path`, so that it cannot be exchanged between the look and the mount (CVE-2021-30465). */
export const hold = (path: string, care: keyof typeof resolutions, as: string): Call =>
  openedBy(path, { text: 'O_PATH|O_CLOEXEC', value: O_PATH | O_CLOEXEC }, care, as);

/** The same for a directory, where whoever asks may list it and enter it, which `.` asks for. */
export const holdOpen = (path: string, care: keyof typeof resolutions, as: string): Call =>
  openedBy(`${path}/.`, { text: 'O_RDONLY|O_DIRECTORY|O_CLOEXEC', value: constants.O_DIRECTORY | O_CLOEXEC }, care, as);

function openedBy(path: string, how: Flags, care: keyof typeof resolutions, as: string): Call {
  const { text, value } = resolutions[care];
  const bytes = Buffer.alloc(24); // struct open_how: flags, mode, resolve
  bytes.writeBigUInt64LE(BigInt(how.value), 0);
  bytes.writeBigUInt64LE(BigInt(value), 16);
  return { call: 'openat2', arguments: [here, path, { bytes, text: `{flags=${how.text}, resolve=${text}}` }, bytes.length], as };
}

/** Calls that mount at `.`, done in the directory that `path` is now. The working directory is `/` afterwards. */
export function within(path: string, care: Care, calls: (path: string) => Call[]): Call[] {
  if (care === 'none') return calls(path);
  const as = `place ${path}`;
  return [
    hold(path, care, as),
    { call: 'fchdir', arguments: [{ resultOf: as }] },
    ...calls('.'),
    { call: 'chdir', arguments: ['/'] },
    close(as),
  ];
}

const attributes = { MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC } as const;
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

const OPEN_TREE = { OPEN_TREE_CLONE: 1, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_RECURSIVE, OPEN_TREE_CLOEXEC: O_CLOEXEC } as const;
const depths = {
  alone: flags(OPEN_TREE, 'OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC'),
  'with what is below': flags(OPEN_TREE, 'OPEN_TREE_CLONE', 'AT_RECURSIVE', 'OPEN_TREE_CLOEXEC'),
  /** For what was no link when it was looked at. */
  'no link, with what is below': flags(OPEN_TREE, 'OPEN_TREE_CLONE', 'AT_SYMLINK_NOFOLLOW', 'AT_RECURSIVE', 'OPEN_TREE_CLOEXEC'),
};
const moves = { MOVE_MOUNT_F_EMPTY_PATH: 4, MOVE_MOUNT_T_EMPTY_PATH: 0x40 } as const;

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

export function place(from: Argument, path: string, care: Care = 'none'): Call[] {
  if (care === 'none') {
    const how = flags(moves, 'MOVE_MOUNT_F_EMPTY_PATH');
    return [{ call: 'move_mount', arguments: [from, '', here, path, how] }, close(from)];
  }
  const as = `place ${path}`;
  const how = flags(moves, 'MOVE_MOUNT_F_EMPTY_PATH', 'MOVE_MOUNT_T_EMPTY_PATH');
  return [hold(path, care, as), { call: 'move_mount', arguments: [from, '', { resultOf: as }, '', how] }, close(as), close(from)];
}
