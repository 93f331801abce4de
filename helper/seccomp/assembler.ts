import { bpf } from '../sys/flags.ts';

/** An instruction that was written; what is written later runs before it. */
export type Label = number;

/** Four bytes of struct seccomp_data, and which of their bits count. */
export interface Loaded {
  readonly offset: number;
  readonly mask?: number;
}

interface Instruction {
  readonly code: number;
  /** How many instructions to skip. */
  readonly yes?: number;
  readonly no?: number;
  readonly k: number;
}

const { BPF_LD, BPF_W, BPF_ABS, BPF_ALU, BPF_AND, BPF_JMP, BPF_JA, BPF_RET, BPF_K } = bpf;

/** The offsets of conditional jumps are bytes. */
const FARTHEST = 255;

/**
 * Writes classic BPF from its last instruction to its first. Jumps only go forward, so where they lead is
 * always known already, and how far it is.
 */
export class Assembler {
  /** The last one first. */
  readonly #code: Instruction[] = [];
  readonly #returns = new Map<number, Label>();

  /** Ends the program with this answer. */
  return(k: number): Label {
    const known = this.#returns.get(k);
    if (known !== undefined) return known;
    const label = this.#write({ code: BPF_RET | BPF_K, k });
    this.#returns.set(k, label);
    return label;
  }

  /**
   * Compares `k` with four bytes of struct seccomp_data, or with those that were loaded last; both without a sign.
   * Whatever leads to a comparison without `what` must have loaded the same.
   */
  compare(test: 'BPF_JEQ' | 'BPF_JGT' | 'BPF_JGE', k: number, yes: Label, no: Label, what?: Loaded): Label {
    const to = { yes: this.#near(yes), no: this.#near(no) };
    const label = this.#write({ code: BPF_JMP | bpf[test] | BPF_K, k, yes: this.#distance(to.yes), no: this.#distance(to.no) });
    if (!what) return label;
    if (what.mask !== undefined) this.#write({ code: BPF_ALU | BPF_AND | BPF_K, k: what.mask });
    return this.#write({ code: BPF_LD | BPF_W | BPF_ABS, k: what.offset });
  }

  get length(): number {
    return this.#code.length;
  }

  /** struct sock_filter[], beginning with what was written last. */
  bytes(): Buffer {
    const bytes = Buffer.alloc(this.#code.length * 8);
    this.#code.toReversed().forEach(({ code, yes = 0, no = 0, k }, index) => {
      bytes.writeUInt16LE(code, index * 8);
      bytes.writeUInt8(yes, index * 8 + 2);
      bytes.writeUInt8(no, index * 8 + 3);
      bytes.writeUInt32LE(k, index * 8 + 4);
    });
    return bytes;
  }

  #write(instruction: Instruction): Label {
    return this.#code.push(instruction) - 1;
  }

  /** How many instructions lie between the next one that is written and `label`. */
  #distance(label: Label): number {
    return this.#code.length - label - 1;
  }

  /** One less than what is possible: the other branch may need a jump in between. */
  #near(label: Label): Label {
    return this.#distance(label) < FARTHEST ? label : this.#write({ code: BPF_JMP | BPF_JA, k: this.#distance(label) });
  }
}
