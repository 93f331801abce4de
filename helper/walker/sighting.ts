/** struct record of walk.c, in words of four bytes: pid, error, identity in two, then inodes. */
export const RECORD_WORDS = 14;
const FIRST_INODE = 4;
/** After the eight types of the model: where a next child will be. */
const PID_FOR_CHILDREN = 8;
const TIME_FOR_CHILDREN = 9;

/** One process or thread, as seen at one moment. Good until the next call of what made it. */
export class Sighting {
  readonly #words: Uint32Array;
  #at = 0;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  /** Moves on to another record of the same array. */
  at(index: number): this {
    this.#at = index * RECORD_WORDS;
    return this;
  }

  #word(index: number): number {
    return this.#words[this.#at + index] ?? 0;
  }

  get id(): number {
    return this.#word(0);
  }

  /** The errno with which its namespaces could not be read; 0 when they could. */
  get error(): number {
    return this.#word(1);
  }

  /** Two halves of a number that another process with the same pid does not share; signed, because V8 keeps such in place. */
  get identityLow(): number {
    return this.#word(2) | 0;
  }

  get identityHigh(): number {
    return this.#word(3) | 0;
  }

  /** 0 for none. `kind` counts in the order of namespaceTypes. */
  inode(kind: number): number {
    return this.#word(FIRST_INODE + kind);
  }

  get pidForChildren(): number {
    return this.inode(PID_FOR_CHILDREN);
  }

  get timeForChildren(): number {
    return this.inode(TIME_FOR_CHILDREN);
  }
}
