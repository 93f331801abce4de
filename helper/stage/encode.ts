// Program → the bytes that stage.c reads. The layouts and numbers are those of stage.c.
import { constants } from 'node:os';
import { SysError } from '../sys/errors.ts';
import { syscallNumber } from '../sys/syscalls.ts';
import { type Argument, argumentsOf, type Call, handlesOf, type Program } from './program.ts';

const MAGIC = 0x31575242;
const HEADER_BYTES = 20;
const INSTRUCTION_BYTES = 64;
const OPERATION = { call: 0, fork: 1, sync: 2, init: 3, command: 4 } as const;
const KIND = { value: 0, data: 1, result: 2 } as const;
const ALL_ERRNOS = 0xffff;
/** MAX_PROGRAM of stage.c; execve(2) takes less. */
const MAX_BYTES = 32 << 20;

/** The stage's control socket is 3; what the helper hands over follows. */
export const FIRST_HANDLE = 4;

interface Encoded {
  readonly kind: number;
  readonly value: bigint;
}

/** Strings and structs, one behind the other, each at a multiple of eight. */
class Data {
  readonly #parts: Buffer[] = [];
  readonly #vectors = new Map<readonly string[], number>();
  #bytes = 0;
  readonly relocations: number[] = [];

  add(part: Buffer): number {
    const at = this.#bytes;
    const padded = Buffer.alloc((part.length + 7) & ~7);
    part.copy(padded);
    this.#parts.push(padded);
    this.#bytes += padded.length;
    return at;
  }

  addString(text: string): number {
    return this.add(Buffer.from(`${text}\0`));
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
    const offsets = strings.map(each => this.addString(each));
    const vector = Buffer.alloc((offsets.length + 1) * 8);
    const at = this.add(vector);
    const placed = this.#parts[this.#parts.length - 1];
    offsets.forEach((offset, index) => {
      placed?.writeBigUInt64LE(BigInt(offset), index * 8);
      this.relocations.push(at + index * 8);
    });
    return at;
  }

  /** struct sock_fprog: how many instructions, and where they are. */
  addFilter(instructions: Buffer): number {
    const program = Buffer.alloc(16);
    program.writeUInt16LE(instructions.length / 8, 0);
    program.writeBigUInt64LE(BigInt(this.add(instructions)), 8);
    const at = this.add(program);
    this.relocations.push(at + 8);
    return at;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
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
    if (each === null) return { kind: KIND.value, value: 0n };
    if (typeof each === 'number') return { kind: KIND.value, value: BigInt.asUintN(64, BigInt(each)) };
    if (typeof each === 'string') return { kind: KIND.data, value: BigInt(data.addString(each)) };
    if ('bytes' in each) return { kind: KIND.data, value: BigInt(data.add(each.bytes)) };
    if ('strings' in each) return { kind: KIND.data, value: BigInt(data.addStrings(each.strings)) };
    if ('filter' in each) return { kind: KIND.data, value: BigInt(data.addFilter(each.filter)) };
    if ('value' in each) return { kind: KIND.value, value: BigInt.asUintN(64, BigInt(each.value)) };
    if ('handle' in each) return { kind: KIND.value, value: BigInt(FIRST_HANDLE + handles.indexOf(each.handle)) };
    const index = labels.get(each.resultOf);
    if (index === undefined) throw new Error(`no call before is called ${each.resultOf}`);
    return { kind: KIND.result, value: BigInt(index) };
  };

  const call = (instruction: Call, into: Buffer): void => {
    const tolerated = instruction.tolerate === 'all' ? [ALL_ERRNOS] : (instruction.tolerate ?? []).map(errnoNumber);
    if (tolerated.length > 3 || instruction.arguments.length > 6) throw new Error(`too much in ${instruction.call}`);
    tolerated.forEach((errno, index) => {
      into.writeUInt16LE(errno, 2 + index * 2);
    });
    into.writeUInt16LE(syscallNumber[instruction.call], 14);
  };

  const code = program.map((instruction, index) => {
    const bytes = Buffer.alloc(INSTRUCTION_BYTES);
    if ('do' in instruction) bytes.writeUInt16LE(OPERATION[instruction.do], 0);
    else call(instruction, bytes);
    argumentsOf(instruction)
      .map(argument)
      .forEach(({ kind, value }, place) => {
        bytes.writeUInt8(kind, 8 + place);
        bytes.writeBigUInt64LE(value, 16 + place * 8);
      });
    if (!('do' in instruction) && instruction.as !== undefined) labels.set(instruction.as, index);
    return bytes;
  });

  const header = Buffer.alloc(HEADER_BYTES);
  const body = data.bytes();
  [MAGIC, code.length, data.relocations.length, body.length, helper].forEach((value, index) => {
    header.writeUInt32LE(value, index * 4);
  });
  const relocations = Buffer.alloc(data.relocations.length * 4);
  data.relocations.forEach((at, index) => {
    relocations.writeUInt32LE(at, index * 4);
  });
  const whole = Buffer.concat([header, ...code, body, relocations]);
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
