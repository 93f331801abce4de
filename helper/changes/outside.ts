import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { Refusal, SysError } from '../sys/errors.ts';
import { O_PATH, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../sys/flags.ts';
import { openAs, reopenPath } from '../sys/in-root.ts';
import type { Acting } from './acting.ts';

const COPY_BYTES = 1 << 20;

/**
 * One path of this machine, changed with the rights of the caller. Its directory is opened part by part and then held,
 * through no symbolic link: inside the sandbox all parts were directories.
 */
export class Outside implements Disposable {
  readonly #path: string;
  readonly #name: string;
  readonly #acting: Acting;
  readonly #modeOf: (path: string) => number;
  #directory: number | undefined;

  /** @param modeOf the permissions of a directory that is made on the way */
  constructor(path: string, acting: Acting, modeOf: (path: string) => number) {
    this.#path = path;
    this.#name = path.slice(path.lastIndexOf('/') + 1);
    this.#acting = acting;
    this.#modeOf = modeOf;
  }

  /** Does nothing when it is not there. */
  remove(): void {
    if (!this.#open(false)) return;
    this.#acting.asCaller(() => {
      const stat = this.#stat();
      if (stat) removeAt(this.#held, this.#name, stat.isDirectory());
    });
  }

  /** @param mode of stat(2); its set-id bits are left out */
  makeDirectory(mode: number): void {
    this.#open(true);
    this.#acting.asCaller(() => {
      const stat = this.#stat();
      if (stat && !stat.isDirectory()) unlinkSync(this.#at());
      if (!stat?.isDirectory()) mkdirSync(this.#at(), { mode: 0o700 });
      const fd = openAs(this.#held, this.#name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
      try {
        if ((stat?.mode ?? 0) !== mode) chmodSync(reopenPath(fd), mode & 0o1777);
      } finally {
        closeSync(fd);
      }
    });
  }

  makeLink(to: Buffer): void {
    this.#replace(temporary => symlinkSync(to, temporary));
  }

  /** @param content a descriptor to read from; no more than `stat` says is read, however it grows */
  write(content: number, { size, mode }: Stats): void {
    this.#replace(temporary => {
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        copy(content, fd, size);
        fchmodSync(fd, mode & 0o777);
      } finally {
        closeSync(fd);
      }
    });
  }

  /** Made beside it and put in its place in one step: nobody sees half of it. */
  #replace(make: (temporary: string) => void): void {
    this.#open(true);
    const temporary = this.#at(`.burrow-${randomBytes(8).toString('hex')}`);
    this.#acting.asCaller(() => {
      this.#requireReplaceable();
      try {
        make(temporary);
        renameSync(temporary, this.#at());
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    });
  }

  /** To rename over a file takes only the right to its directory; to keep a change is to write to it. */
  #requireReplaceable(): void {
    const stat = this.#stat();
    if (stat?.isDirectory()) throw new Refusal('taken', `Could not keep ${this.#path}: it is a directory on this machine.`);
    if (!stat?.isFile()) return;
    try {
      closeSync(openSync(this.#at(), constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
    } catch (error) {
      // A program that runs cannot be written to, but replaced.
      if (!(error instanceof Error && 'code' in error && error.code === 'ETXTBSY')) throw error;
    }
  }

  get #held(): number {
    if (this.#directory === undefined) throw new Error('its directory is not open');
    return this.#directory;
  }

  #at(name = this.#name): string {
    return `${reopenPath(this.#held)}/${name}`;
  }

  #stat(): Stats | undefined {
    return lstatSync(this.#at(), { throwIfNoEntry: false });
  }

  /** @returns false when the directory is not there and not to be made */
  #open(make: boolean): boolean {
    const parts = this.#path.split('/').slice(1, -1);
    // Before the caller's rights are taken on: these tell of the sandbox's own files.
    const modes = make ? parts.map((_, index) => this.#modeOf(`/${parts.slice(0, index + 1).join('/')}`)) : [];
    return this.#acting.asCaller(() => {
      let directory = openSync('/', O_PATH | constants.O_DIRECTORY);
      for (const [index, part] of parts.entries()) {
        const next = this.#openPart(directory, part, modes[index], `/${parts.slice(0, index + 1).join('/')}`);
        closeSync(directory);
        if (next === undefined) return false;
        directory = next;
      }
      this.#directory = directory;
      return true;
    });
  }

  #openPart(directory: number, name: string, mode: number | undefined, path: string): number | undefined {
    const open = (): number =>
      openAs(directory, name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    try {
      return open();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (error.errno === 'ENOENT' && mode === undefined) return undefined;
      if (error.errno === 'ENOENT' && mode !== undefined) {
        mkdirSync(`${reopenPath(directory)}/${name}`, { mode: 0o700 });
        const made = open();
        chmodSync(reopenPath(made), mode);
        return made;
      }
      if (error.errno !== 'ENOTDIR' && error.errno !== 'ELOOP') throw error;
      throw new Refusal('taken', `Could not keep ${this.#path}: ${path} is no directory on this machine, but a file or a symbolic link.`);
    }
  }

  [Symbol.dispose](): void {
    if (this.#directory !== undefined) closeSync(this.#directory);
  }
}

function copy(from: number, to: number, bytes: number): void {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  for (let left = bytes; left > 0; ) {
    const got = readSync(from, buffer, 0, Math.min(left, buffer.length), null);
    if (got === 0) return;
    for (let written = 0; written < got; ) written += writeSync(to, buffer, written, got - written);
    left -= got;
  }
}

/** Through no symbolic link, and not into what is mounted below. A name that is no UTF-8 is not found (ENOENT), and stays. */
function removeAt(directory: number, name: string, isDirectory: boolean): void {
  const path = `${reopenPath(directory)}/${name}`;
  if (!isDirectory) {
    unlinkSync(path);
    return;
  }
  const fd = openAs(
    directory,
    name,
    constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
  );
  try {
    for (const entry of readdirSync(reopenPath(fd), { withFileTypes: true })) removeAt(fd, entry.name, entry.isDirectory());
  } finally {
    closeSync(fd);
  }
  rmdirSync(path);
}
