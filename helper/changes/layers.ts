// The upper layers of a thrown-away root: what the sandbox wrote, in a directory of its own for each disk that
// it covers. Root inside controls every name and all content, and changes both while they are looked at; so each
// path is opened in one piece below the layer, through no symbolic link and into no other file system.
import { closeSync, constants } from 'node:fs';
import { SysError } from '../sys/errors.ts';
import { O_PATH, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../sys/flags.ts';
import { openAs } from '../sys/in-root.ts';
import { sys } from '../sys/libc.ts';

export interface Layer {
  /** Below the staging directory: `upper/0`. */
  readonly upper: string;
  /** The directory of this machine that it covers: `/`, `/home`. */
  readonly lower: string;
}

/** @param disks mount points besides `/`, in the order in which their layers were made */
export const layersOf = (disks: readonly string[]): Layer[] => ['/', ...disks].map((lower, index) => ({ upper: `upper/${index}`, lower }));

/** What a look finds when somebody replaced a part of the path meanwhile, or it was never there. */
const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'ENAMETOOLONG'];

/** @returns undefined where there is no such thing. @throws SysError for all else, as EMFILE */
export function openBelow(directory: number, path: string, flags: number): number | undefined {
  try {
    const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    return openAs(directory, path, flags | constants.O_NOFOLLOW, resolve);
  } catch (error) {
    if (error instanceof SysError && ABSENT.includes(error.errno)) return undefined;
    throw error;
  }
}

export const openDirectory = (directory: number, path: string): number | undefined =>
  openBelow(directory, path, constants.O_RDONLY | constants.O_DIRECTORY);

/** The directory of this machine at an absolute path, through no symbolic link: what an upper directory was merged with. */
export function openLower(host: number, path: string): number | undefined {
  try {
    return openAs(host, `.${path}`, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  } catch (error) {
    if (error instanceof SysError && ABSENT.includes(error.errno)) return undefined;
    throw error;
  }
}

/** overlayfs marks a directory whose lower contents are hidden; the second name is for mounts with `userxattr`. */
const marks = ['trusted.overlay.opaque', 'user.overlay.opaque'] as const;

export function isOpaque(fd: number): boolean {
  const value = Buffer.alloc(1);
  return marks.some(mark => {
    try {
      return sys('fgetxattr', mark, fd, mark, value, value.length) === 1 && value.toString() === 'y';
    } catch (error) {
      if (error instanceof SysError) return false; // ENODATA: it has no such mark
      throw error;
    }
  });
}

/** Did the sandbox hide all that this machine has below one of the directories that lead to `path`? */
export function isHidden(staging: number, { upper }: Layer, path: string): boolean {
  const parts = path.split('/').slice(0, -1);
  return parts.some((_, index) => {
    const fd = openDirectory(staging, `${upper}/${parts.slice(0, index + 1).join('/')}`);
    if (fd === undefined) return false;
    try {
      return isOpaque(fd);
    } finally {
      closeSync(fd);
    }
  });
}

/** The mark of a removed name: a character device 0:0. */
export const isWhiteout = (stat: { isCharacterDevice(): boolean; readonly rdev: number }): boolean =>
  stat.isCharacterDevice() && stat.rdev === 0;
