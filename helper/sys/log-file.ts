import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { isFull } from './errors.ts';
import { F_GETFL, F_SETFL, FALLOC_FL_KEEP_SIZE } from './flags.ts';
import { reopenPath } from './in-root.ts';
import { sys } from './libc.ts';

/** More than this a log file never holds: it lies in /run usually, which is memory. */
const LIMIT_BYTES = 1 << 20;
/** Room that the file has beyond its end, so that others who fill its file system do not silence it. */
const RESERVE_BYTES = 64 << 10;

/** Where the log goes: a file that is kept short, or whatever else somebody put there, as a journal or a terminal. */
export class LogFile {
  readonly #fd: number;
  /** Lines that could not be written, since the last one that could. */
  #lost = 0;

  /** @param fd stays the caller's */
  constructor(fd: number) {
    this.#fd = fd;
    this.#letAppend();
    this.#reserve();
  }

  /** Never throws: a log that cannot be written, on a disk that is full or to a reader that has gone, must end nothing. */
  write(line: string): void {
    try {
      const lost = this.#lost === 0 ? '' : `{"event":"lines lost","count":${this.#lost}}\n`;
      this.#append(Buffer.from(`${lost}${line}\n`));
      this.#lost = 0;
    } catch {
      this.#lost++;
    }
  }

  #append(bytes: Buffer): void {
    const stat = fstatSync(this.#fd);
    if (!stat.isFile()) {
      writeSync(this.#fd, bytes);
      return;
    }
    if (stat.size + bytes.length > LIMIT_BYTES) this.#shorten(stat.size);
    try {
      this.#writeAtEnd(bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      // The reserve is used up, and nothing can be had: the newest lines take the place of the oldest.
      this.#shorten(fstatSync(this.#fd).size);
      this.#writeAtEnd(bytes);
    }
  }

  /** What writes to the same file by another number, as standard output does after `> log 2>&1`, would begin where that began. */
  #letAppend(): void {
    try {
      // Of a terminal it is the shell's too, with its input, and would stay when the helper has ended.
      if (!fstatSync(this.#fd).isFile()) return;
      const flags = sys('fcntl', 'the log', this.#fd, F_GETFL, 'int', 0);
      sys('fcntl', 'the log', this.#fd, F_SETFL, 'int', flags | constants.O_APPEND);
    } catch {
      // EBADF: there is no log.
    }
  }

  /** By its place: appended to or not, it is the end. */
  #writeAtEnd(bytes: Buffer): void {
    writeSync(this.#fd, bytes, 0, bytes.length, fstatSync(this.#fd).size);
  }

  /** Moves the newer half of the lines to the beginning. */
  #shorten(size: number): void {
    // Opened anew: the descriptor of the log is for writing only, and at its end.
    const fd = openSync(reopenPath(this.#fd), 'r+');
    try {
      const bytes = Buffer.alloc(Math.floor(size / 2));
      const newer = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length));
      const whole = newer.subarray(newer.indexOf('\n') + 1);
      writeSync(fd, whole, 0, whole.length, 0);
      ftruncateSync(fd, whole.length);
    } finally {
      closeSync(fd);
    }
    this.#reserve();
  }

  /** Takes room beyond the end, fallocate(2). Where there is none, or it is no file, the log does without. */
  #reserve(): void {
    try {
      sys('fallocate', 'the log', this.#fd, FALLOC_FL_KEEP_SIZE, fstatSync(this.#fd).size, RESERVE_BYTES);
    } catch {
      // ESPIPE, ENODEV, EOPNOTSUPP: no file, or one that takes no room beforehand. ENOSPC: full already.
    }
  }
}
