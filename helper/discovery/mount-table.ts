import { closeSync, openSync } from 'node:fs';
import { sys } from '../sys/libc.ts';

const POLLPRI = 2;

/** Tells when a mount came or went in the helper's own mount namespace, proc_pid_mountinfo(5). */
export class MountTable implements Disposable {
  readonly #fd = openSync('/proc/self/mountinfo', 'r');
  /** struct pollfd { int fd; short events, revents } */
  readonly #entry = Buffer.alloc(8);

  constructor() {
    this.#entry.writeInt32LE(this.#fd, 0);
    this.#entry.writeInt16LE(POLLPRI, 4);
  }

  /** Since the last call. The file need not be read for it. */
  hasChanged(): boolean {
    sys('poll', 'the mount table', this.#entry, 1, 0);
    return (this.#entry.readInt16LE(6) & POLLPRI) !== 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
