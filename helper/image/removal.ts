// Removing trees that somebody hostile filled: names that are no UTF-8, directories deeper than a path
// can say, links to anywhere, and mounts.
import { closeSync, constants, lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Refusal, SysError } from '../sys/errors.ts';
import { AT_FDCWD, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../sys/flags.ts';
import { openAs, reopenPath } from '../sys/in-root.ts';
import { bytesOf } from './byte-path.ts';
import { quoted } from './fault.ts';

/** A directory further down is moved up first: each level is an open descriptor and a frame of the stack. */
const DEEPEST = 64;
const within = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

/** The path by which node:fs reaches one name in an open directory; its last part is the only one that could be a link. */
export const entryPath = (directory: number, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${reopenPath(directory)}/`), bytesOf(name)]);

/** The names in an open directory, a character for each byte. */
export const namesIn = (directory: number): string[] =>
  readdirSync(Buffer.from(`${reopenPath(directory)}/.`), { encoding: 'buffer' }).map(name => name.toString('latin1'));

/** Opens a directory below another one, through no link and no mount. @throws SysError */
export const openBelow = (directory: number, path: string): number =>
  openAs(directory, path === '' ? '.' : bytesOf(path), constants.O_RDONLY | constants.O_DIRECTORY, within);

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);

/**
 * Removes whatever has that name, and all below it.
 * @throws Refusal at a mount, of which nothing is touched; Node's error for a call that failed
 */
export function removeEntry(directory: number, name: string): void {
  if (unlinked(directory, name)) return;
  new Removal(directory).remove(name);
}

/** Empties an open directory. @throws like {@link removeEntry} */
export function emptyDirectory(directory: number): void {
  const removal = new Removal(directory);
  for (const name of namesIn(directory)) removal.remove(name);
}

/** False for a directory. */
function unlinked(directory: number, name: string): boolean {
  try {
    unlinkSync(entryPath(directory, name));
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return true;
    if (isCode(error, 'EISDIR')) return false;
    throw error;
  }
}

function openRemoved(directory: number, name: string): number {
  try {
    return openBelow(directory, name);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'EXDEV')) throw error;
    const { syscall, errno } = error;
    const more = { subject: name, syscall, errno, hint: 'Unmount it first.' };
    throw new Refusal('system', `${quoted(name)} cannot be removed: something is mounted there.`, more);
  }
}

class Removal {
  readonly #top: number;
  /** What was moved to the top, and is still to be removed. */
  readonly #moved: string[] = [];
  #count = 0;

  constructor(top: number) {
    this.#top = top;
  }

  remove(name: string): void {
    this.#remove(this.#top, name, 0);
    for (let moved = this.#moved.pop(); moved !== undefined; moved = this.#moved.pop()) this.#remove(this.#top, moved, 0);
  }

  #remove(directory: number, name: string, depth: number): void {
    if (unlinked(directory, name)) return;
    if (depth >= DEEPEST) {
      this.#moveUp(directory, name);
      return;
    }
    const fd = openRemoved(directory, name);
    try {
      for (const each of namesIn(fd)) this.#remove(fd, each, depth + 1);
    } finally {
      closeSync(fd);
    }
    rmdirSync(entryPath(directory, name));
  }

  #moveUp(directory: number, name: string): void {
    const free = this.#freeName();
    renameSync(entryPath(directory, name), entryPath(this.#top, free));
    this.#moved.push(free);
  }

  #freeName(): string {
    for (;;) {
      const name = `.burrow-removal-${++this.#count}`;
      if (!lstatSync(entryPath(this.#top, name), { throwIfNoEntry: false })) return name;
    }
  }
}

/** Removes `path` itself and all below it; one that is not there is no error. @throws like {@link removeEntry} */
export function removePath(path: string): void {
  let parent: number;
  try {
    parent = openAs(AT_FDCWD, dirname(path), constants.O_RDONLY | constants.O_DIRECTORY, 0);
  } catch (error) {
    if (error instanceof SysError && error.errno === 'ENOENT') return;
    throw error;
  }
  try {
    removeEntry(parent, Buffer.from(basename(path)).toString('latin1'));
  } finally {
    closeSync(parent);
  }
}
