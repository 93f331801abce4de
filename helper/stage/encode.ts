// Program → the bytes that stage.c reads. The layouts and numbers are those of stage.c.
import { constants } from 'node:os';
import { SysError } from '../sys/errors.ts';
import { syscallNumber } from '../sys/syscalls.ts';
import { type Argument, argumentsOf, type Call, handlesOf, type Program } from './program.ts';

const MAGIC = 0x31575242;
const HEADER_BYTES = 24;
const INSTRUCTION_BYTES = 64;
const OPERATION = { call: 0, fork: 1, sync: 2, init: 3, command: 4 } as const;
const KIND = { value: 0, data: 1, result: 2 } as const;
const ALL_ERRNOS = 0xffff;
/** MAX_PROGRAM of stage.c; execve(2) takes less. */
const MAX_BYTES = 32 << 20;

/** 0, 1 and 2. */
const STREAMS = 3;
/** The stage's control socket is 3; what the helper hands over besides its streams follows. */
export const FIRST_HANDLE = 4;

interface Encoded {
  readonly kind: number;
  readonly value: number;
}

/** As two's complement; a program has a few hundred, for which BigInt is slow. */
function writeU64(into: Buffer, value: number, at: number): void {
  into.writeUInt32LE(value >>> 0, at);
  into.writeUInt32LE(Math.floor(value / 2 ** 32) >>> 0, at + 4);
}

/** Strings and structs, one behind the other, each at a multiple of eight. */
class Data {
  #all = Buffer.alloc(4096);
  readonly #strings = new Map<string, number>();
  readonly #vectors = new Map<readonly string[], number>();
  readonly #blocks = new Map<Buffer, number>();
  #bytes = 0;
  readonly relocations: number[] = [];

  add(part: Uint8Array): number {
    const at = this.#bytes;
    this.#bytes += (part.length + 7) & ~7;
    if (this.#bytes > this.#all.length) this.#all = Buffer.concat([this.#all], Math.max(this.#bytes, 2 * this.#all.length));
    this.#all.set(part, at);
    return at;
  }

  /** The same buffer is one place for all calls that name it: what one of them writes there, the next one finds. */
  addBlock(block: Buffer): number {
    const at = this.#blocks.get(block) ?? this.add(block);
    this.#blocks.set(block, at);
    return at;
  }

  /** Nobody writes to them, so the same text is stored once. */
  addString(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const at = this.add(Buffer.from(`${text}\0`));
    this.#strings.set(text, at);
    return at;
  }

  /** The same array is stored once: an environment is named by each attempt to execute a command. */
  addStrings(strings: readonly string[]): number {
    const known = this.#vectors.get(strings);
    if (known !== undefined) return known;
    const at = this.#addStrings(strings);
    this.#vectors.set(strings, at);
    return at;
  }

  #addStrings(strings: readonly string[]): number {
    const vector = Buffer.alloc((strings.length + 1) * 8);
    strings.forEach((each, index) => {
      writeU64(vector, this.addString(each), index * 8);
    });
    const at = this.add(vector);
    strings.forEach((_, index) => {
      this.relocations.push(at + index * 8);
    });
    return at;
  }

  /** struct sock_fprog: how many instructions, and where they are. */
  addFilter(instructions: Uint8Array): number {
    const program = Buffer.alloc(16);
    program.writeUInt16LE(instructions.length / 8, 0);
    writeU64(program, this.add(instructions), 8);
    const at = this.add(program);
    this.relocations.push(at + 8);
    return at;
  }

  bytes(): Buffer {
    return this.#all.subarray(0, this.#bytes);
  }
}

const errnos: ReadonlyMap<string, number> = new Map(Object.entries(constants.errno));

function errnoNumber(symbol: string): number {
  const number = errnos.get(symbol);
  if (number === undefined) throw new Error(`${symbol} is not an errno`);
  return number;
}

/**
 * @param helper the process that starts the stage, with which it ends
 * @throws SysError E2BIG for a program that the stage would not take; Error for a mistake in its maker
 */
export function encode(program: Program, helper = process.pid): Buffer {
  const data = new Data();
  const handles = handlesOf(program);
  const labels = new Map<string, number>();

  const argument = (each: Argument): Encoded => {
    if (each === null) return { kind: KIND.value, value: 0 };
    if (typeof each === 'number') return { kind: KIND.value, value: each };
    if (typeof each === 'string') return { kind: KIND.data, value: data.addString(each) };
    if ('bytes' in each) return { kind: KIND.data, value: data.addBlock(each.bytes) };
    if ('strings' in each) return { kind: KIND.data, value: data.addStrings(each.strings) };
    if ('filter' in each) return { kind: KIND.data, value: data.addFilter(each.filter) };
    if ('value' in each) return { kind: KIND.value, value: each.value };
    if ('handle' in each) return { kind: KIND.value, value: FIRST_HANDLE + handles.indexOf(each.handle) };
    const index = labels.get(each.resultOf);
    if (index === undefined) throw new Error(`no call before is called ${each.resultOf}`);
    return { kind: KIND.result, value: index };
  };

  const call = (instruction: Call, into: Buffer): void => {
    const tolerated = instruction.tolerate === 'all' ? [ALL_ERRNOS] : (instruction.tolerate ?? []).map(errnoNumber);
    if (tolerated.length > 3 || instruction.arguments.length > 6) throw new Error(`too much in ${instruction.call}`);
    tolerated.forEach((errno, index) => {
      into.writeUInt16LE(errno, 2 + index * 2);
    });
    into.writeUInt16LE(syscallNumber[instruction.call], 14);
  };

  const code = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  program.forEach((instruction, index) => {
    const bytes = code.subarray(index * INSTRUCTION_BYTES, (index + 1) * INSTRUCTION_BYTES);
    if ('do' in instruction) bytes.writeUInt16LE(OPERATION[instruction.do], 0);
    else call(instruction, bytes);
    argumentsOf(instruction).forEach((each, place) => {
      const { kind, value } = argument(each);
      bytes.writeUInt8(kind, 8 + place);
      writeU64(bytes, value, 16 + place * 8);
    });
    if (!('do' in instruction) && instruction.as !== undefined) labels.set(instruction.as, index);
  });

  const header = Buffer.alloc(HEADER_BYTES);
  const body = data.bytes();
  [MAGIC, program.length, data.relocations.length, body.length, helper, STREAMS + handles.length].forEach((value, index) => {
    header.writeUInt32LE(value, index * 4);
  });
  const relocations = Buffer.alloc(data.relocations.length * 4);
  data.relocations.forEach((at, index) => {
    relocations.writeUInt32LE(at, index * 4);
  });
  const whole = Buffer.concat([header, code, body, relocations]);
  if (whole.length > MAX_BYTES) throw new SysError('execve', constants.errno.E2BIG, 'the arguments and the environment');
  return whole;
}

/** One report of the stage: 16 bytes. */
export const REPORT_BYTES = 16;
export const REPORT = { failed: 1, sync: 2, forked: 3, ready: 4 } as const;

export interface Report {
  readonly kind: number;
  readonly index: number;
  /** The errno of a failure, the pid of a fork. */
  readonly value: number;
}

export const decodeReport = (bytes: Buffer): Report => ({
  kind: bytes.readUInt32LE(0),
  index: bytes.readUInt32LE(4),
  value: Number(bytes.readBigInt64LE(8)),
});
