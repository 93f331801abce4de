import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeReport, encode, FIRST_HANDLE } from '../../../../helper/stage/encode.ts';
import type { Program } from '../../../../helper/stage/program.ts';
import { syscallNumber } from '../../../../helper/sys/syscalls.ts';
import { inRepository } from '../../../support/repository.ts';

const HEADER_BYTES = 24;
const INSTRUCTION_BYTES = 64;

/** The parts of an encoded program, read as stage.c reads them. */
function parts(program: Program) {
  const bytes = encode(program);
  const [magic, instructions = 0, relocations = 0, dataBytes = 0] = [0, 4, 8, 12].map(at => bytes.readUInt32LE(at));
  const data = HEADER_BYTES + instructions * INSTRUCTION_BYTES;
  const end = data + dataBytes;
  assert.equal(bytes.length, end + relocations * 4, 'the header counts what follows');
  return {
    magic,
    descriptors: bytes.readUInt32LE(20),
    instruction: (index: number) =>
      bytes.subarray(HEADER_BYTES + index * INSTRUCTION_BYTES, HEADER_BYTES + (index + 1) * INSTRUCTION_BYTES),
    data: bytes.subarray(data, end),
    relocations: Array.from({ length: relocations }, (_, index) => bytes.readUInt32LE(end + index * 4)),
  };
}

describe('encode', () => {
  it('writes header, instruction and data of a call byte by byte', () => {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(syscallNumber.chdir);
    const expected = [
      '42525731 01000000 00000000 08000000', // "BRW1", one instruction, no relocation, eight bytes of data
      '2a000000', // the process that starts the stage
      '03000000', // descriptors 0, 1 and 2, and no handles
      `0000 0200 0000 0000 010000000000 ${number.toString('hex')}`, // a call, ENOENT tolerated, the first argument in the data
      '0000000000000000'.repeat(6),
      '2f746d7000000000', // "/tmp", padded to eight
    ];
    const bytes = encode([{ call: 'chdir', arguments: ['/tmp'], tolerate: ['ENOENT'] }], 42);
    assert.equal(bytes.toString('hex'), expected.join('').replaceAll(' ', ''));
  });

  it('numbers the operations as stage.c does', () => {
    const { instruction } = parts([
      { call: 'getpid', arguments: [] },
      { do: 'fork' },
      { do: 'sync', until: 'now' },
      { do: 'init' },
      { do: 'command', ending: 200, null: 201, stays: false },
    ]);
    const operations = /enum operation \{([^}]*)\}/.exec(readFileSync(inRepository('helper/stage/stage.c'), 'utf8'))?.[1];
    assert.deepEqual(
      operations?.split(',').map(name => name.trim()),
      ['OP_CALL', 'OP_FORK', 'OP_SYNC', 'OP_INIT', 'OP_COMMAND'],
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4].map(index => instruction(index).readUInt16LE(0)),
      [0, 1, 2, 3, 4],
    );
  });

  it('has one place for a buffer that several calls name, and another for one that only looks like it', () => {
    const [room, alike] = [Buffer.alloc(8), Buffer.alloc(8)];
    const using = (bytes: Buffer) => ({ call: 'read', arguments: [0, { bytes, text: '' }, 8] }) as const;
    const { instruction, data } = parts([using(room), using(alike), using(room)]);
    assert.deepEqual(
      [0, 1, 2].map(index => Number(instruction(index).readBigUInt64LE(16 + 8))),
      [0, 8, 0],
    );
    assert.equal(data.length, 16);
  });

  it('hands the command operation its two descriptors and whether init stays, as results of calls, handles or numbers', () => {
    const { instruction } = parts([
      { call: 'openat', arguments: [], as: 'kept null' },
      { do: 'command', ending: { handle: 'how it ended' }, null: { resultOf: 'kept null' }, stays: true },
      { do: 'command', ending: 7, null: 8, stays: false },
    ]);
    const given = (index: number) =>
      [0, 1, 2].map(place => [instruction(index).readUInt8(8 + place), Number(instruction(index).readBigUInt64LE(16 + place * 8))]);
    assert.deepEqual(given(1), [
      [0, FIRST_HANDLE],
      [2, 0],
      [0, 1],
    ]);
    assert.deepEqual(given(2), [
      [0, 7],
      [0, 8],
      [0, 0],
    ]);
  });

  it('hands a fork the cgroup to be born into, and -1 for none', () => {
    const { instruction } = parts([
      { call: 'openat', arguments: [], as: 'cgroup' },
      { do: 'fork', into: { resultOf: 'cgroup' } },
      { do: 'fork' },
    ]);
    assert.deepEqual([instruction(1).readUInt8(8), instruction(1).readBigInt64LE(16)], [2, 0n]);
    assert.deepEqual([instruction(2).readUInt8(8), instruction(2).readBigInt64LE(16)], [0, -1n]);
  });

  it('keeps up to three tolerated errnos, and 0xffff for all', () => {
    const { instruction } = parts([
      { call: 'getpid', arguments: [], tolerate: ['EPERM', 'ENOENT', 'EACCES'] },
      { call: 'getpid', arguments: [], tolerate: 'all' },
      { call: 'getpid', arguments: [] },
    ]);
    const tolerated = (index: number) => [2, 4, 6].map(at => instruction(index).readUInt16LE(at));
    assert.deepEqual(tolerated(0), [1, 2, 13]);
    assert.deepEqual(tolerated(1), [0xffff, 0, 0]);
    assert.deepEqual(tolerated(2), [0, 0, 0]);
  });

  it('extends negative numbers to 64 bits, and keeps 2^32-1 positive', () => {
    const { instruction } = parts([{ call: 'close_range', arguments: [-100, 0xffff_ffff, { text: 'AT_FDCWD', value: -100 }, null] }]);
    const value = (index: number) => instruction(0).readBigUInt64LE(16 + index * 8);
    assert.deepEqual([0, 1, 2, 3].map(value), [0xffff_ffff_ffff_ff9cn, 0xffff_ffffn, 0xffff_ffff_ffff_ff9cn, 0n]);
  });

  it('relocates every string of an array, and ends it with NULL', () => {
    const { instruction, data, relocations } = parts([
      { call: 'execve', arguments: ['/bin/ls', { strings: ['ls', '-l'] }, { strings: [] }] },
    ]);
    const vector = Number(instruction(0).readBigUInt64LE(24));
    assert.deepEqual(relocations, [vector, vector + 8]);
    const strings = relocations.map(at => Number(data.readBigUInt64LE(at)));
    assert.deepEqual(
      strings.map(at => data.toString('latin1', at, data.indexOf(0, at))),
      ['ls', '-l'],
    );
    assert.equal(data.readBigUInt64LE(vector + 16), 0n);
    const environment = Number(instruction(0).readBigUInt64LE(32));
    assert.equal(data.readBigUInt64LE(environment), 0n);
  });

  it('writes struct sock_fprog with the place of its filter', () => {
    const filter = Buffer.from('20000000000000000600000000000000', 'hex');
    const { instruction, data, relocations } = parts([{ call: 'seccomp', arguments: [1, 0, { filter }] }]);
    const program = Number(instruction(0).readBigUInt64LE(32));
    assert.equal(instruction(0).readUInt8(10), 1, 'the kind of the argument');
    assert.deepEqual(relocations, [program + 8]);
    assert.equal(data.readBigUInt64LE(program), 2n, 'the length, and padding');
    const at = Number(data.readBigUInt64LE(program + 8));
    assert.deepEqual(data.subarray(at, at + 16), filter);
  });

  it('gives handles the descriptors from 4 on in the order of their first use', () => {
    const { instruction, descriptors } = parts([
      { call: 'setns', arguments: [{ handle: 'net' }, 0] },
      { call: 'setns', arguments: [{ handle: 'uts' }, 0] },
      { call: 'setns', arguments: [{ handle: 'net' }, 0] },
    ]);
    const first = (index: number) => Number(instruction(index).readBigUInt64LE(16));
    assert.equal(descriptors, 5, 'with 0, 1 and 2');
    assert.deepEqual([0, 1, 2].map(first), [FIRST_HANDLE, FIRST_HANDLE + 1, FIRST_HANDLE]);
  });

  it('names the instruction whose result an argument takes', () => {
    const { instruction } = parts([
      { do: 'fork' },
      { call: 'openat', arguments: [], as: 'file' },
      { call: 'close', arguments: [{ resultOf: 'file' }] },
    ]);
    assert.equal(instruction(2).readUInt8(8), 2, 'the kind of the argument');
    assert.equal(instruction(2).readBigUInt64LE(16), 1n);
  });

  it('refuses what the stage could not read', () => {
    assert.throws(() => encode([{ call: 'close', arguments: [{ resultOf: 'file' }] }]), /no call before is called file/);
    assert.throws(() => encode([{ call: 'close', arguments: [], tolerate: ['ENOTHING'] }]), /ENOTHING is not an errno/);
    assert.throws(() => encode([{ call: 'close', arguments: [1, 2, 3, 4, 5, 6, 7] }]), /too much in close/);
    assert.throws(() => encode([{ call: 'close', arguments: [], tolerate: ['EPERM', 'ENOENT', 'EACCES', 'EIO'] }]), /too much in close/);
  });
});

describe('decodeReport', () => {
  it('reads kind, index and a signed value', () => {
    const bytes = Buffer.from('0100000007000000feffffffffffffff', 'hex');
    assert.deepEqual(decodeReport(bytes), { kind: 1, index: 7, value: -2 });
  });
});
