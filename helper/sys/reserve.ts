// Room that is kept free on the file system of the helper's records, /run usually, which others can fill: the record of
// what was made already still has a place then. What is new has none, and is refused before it is made.
import { rmSync, writeFileSync } from 'node:fs';
import { isFull } from './errors.ts';

const RESERVE_BYTES = 64 << 10;

class Reserve {
  #path: string | undefined;
  #isThere = false;

  /**
   * Takes the room, or takes it again after it was needed. A file system that is full already has none to give.
   * @param path a file of the helper's own directory
   */
  fill(path = this.#path): void {
    this.#path = path;
    if (path === undefined || this.#isThere) return;
    try {
      // Zeros take room like any other bytes, on tmpfs too; a file that is only as long as that would not.
      writeFileSync(path, Buffer.alloc(RESERVE_BYTES), { mode: 0o600 });
      this.#isThere = true;
    } catch (error) {
      rmSync(path, { force: true });
      if (!isFull(error)) throw error;
    }
  }

  /** Does the work; where the file system is full, once more in the room that was kept. @throws what the work throws */
  within<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!this.#isThere || !isFull(error)) throw error;
      this.#give();
      return work();
    }
  }

  /** When the helper ends. */
  release(): void {
    if (this.#isThere) this.#give();
    this.#path = undefined;
  }

  #give(): void {
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
    this.#isThere = false;
  }
}

export const reserve = new Reserve();
