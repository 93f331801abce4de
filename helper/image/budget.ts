import { statfsSync } from 'node:fs';
import { Fault } from './fault.ts';

/** How much an archive, or all layers of an image together, may come to. */
export interface Limits {
  /** Of the archive as it is after decompression, headers included. */
  readonly maxBytes: number;
  /** Directories that no member names, and that its path implies, count too: each is an inode. */
  readonly maxMembers: number;
}

export const usualLimits: Limits = { maxBytes: 8 * 2 ** 30, maxMembers: 1_000_000 };

/** The file system keeps at least this much for everybody else. */
const RESERVE_BYTES = 64 * 2 ** 20;
/** So much is written between two looks at what is free. */
const LOOK_BYTES = 16 * 2 ** 20;

/** What is left of the limits. */
export class Budget {
  readonly #limits: Limits;
  readonly #into: string;
  #streamedBytes = 0;
  #sinceLookBytes = LOOK_BYTES;
  members = 0;
  contentBytes = 0;

  constructor(into: string, limits: Limits) {
    this.#into = into;
    this.#limits = limits;
  }

  /** @throws Fault */
  countMember(): void {
    if (++this.members > this.#limits.maxMembers) throw new Fault(`it has more than ${this.#limits.maxMembers} members`);
  }

  /** Bytes that came out of decompression. @throws Fault */
  countStreamed(bytes: number): void {
    this.#streamedBytes += bytes;
    if (this.#streamedBytes > this.#limits.maxBytes)
      throw new Fault(`it is larger than ${this.#limits.maxBytes} bytes when it is decompressed`);
  }

  /** A file of so many bytes is about to be written. @throws Fault when there is no room for it */
  countContent(bytes: number): void {
    this.contentBytes += bytes;
    this.#sinceLookBytes += bytes;
    if (this.#sinceLookBytes < LOOK_BYTES) return;
    this.#sinceLookBytes = 0;
    const { bavail, bsize } = statfsSync(this.#into);
    if (bavail * bsize - RESERVE_BYTES < bytes)
      throw new Fault('there is not enough room for it on the disk', { kind: 'system', hint: `The directory is ${this.#into}.` });
  }
}
