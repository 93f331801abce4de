import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeReport, encodeOrder, REPORT_BYTES } from '../../../../helper/relay/messages.ts';

const words = (bytes: Buffer): number[] => Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readUInt32LE(index * 4));

describe('what the helper and the relay say to each other', () => {
  it('is laid out as orders.h reads it', () => {
    assert.deepEqual(words(encodeOrder({ do: 'add', id: 7, kept: false })), [1, 7, 0, 0]);
    assert.deepEqual(words(encodeOrder({ do: 'add', id: 8, kept: true })), [1, 8, 0, 1]);
    assert.deepEqual(words(encodeOrder({ do: 'drop', id: 0xffff_ffff })), [3, 0xffff_ffff, 0, 0]);
    const attach = encodeOrder({ do: 'attach', id: 7, client: 9, replay: true, early: Buffer.from('typed') });
    assert.deepEqual(words(attach.subarray(0, 16)), [2, 7, 9, 2]);
    assert.equal(attach.toString('latin1', 16), 'typed');
  });

  it('is read as life.h writes it', () => {
    const report = (...numbers: number[]): Buffer => Buffer.from(new Uint32Array(numbers).buffer);
    assert.equal(report(1, 7, 9, 0).length, REPORT_BYTES);
    assert.deepEqual(decodeReport(report(1, 7, 9, 0)), { kind: 'detached', id: 7, client: 9 });
    assert.deepEqual(decodeReport(report(2, 0xffff_ffff, 0, 0)), { kind: 'over', id: 0xffff_ffff, client: 0 });
  });
});
