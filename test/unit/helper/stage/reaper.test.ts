import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endingOf, usageOf } from '../../../../helper/stage/reaper.ts';

describe('endingOf', () => {
  const endings = [
    [0x0000, { exitCode: 0 }],
    [0x0700, { exitCode: 7 }],
    [0xff00, { exitCode: 255 }],
    [0x0009, { signal: 'SIGKILL' }],
    [0x000f, { signal: 'SIGTERM' }],
    [0x008b, { signal: 'SIGSEGV' }], // with a core dump
    [0x0040, { signal: 'signal 64' }], // a real-time signal has no name
  ] as const;
  for (const [status, ending] of endings)
    it(`reads ${status.toString(16)} as ${JSON.stringify(ending)}`, () => assert.deepEqual(endingOf(status), ending));
});

describe('usageOf', () => {
  it('reads seconds with their microseconds, and kilobytes', () => {
    const bytes = Buffer.alloc(144);
    [1n, 500_000n, 2n, 250_000n, 3n].forEach((value, index) => {
      bytes.writeBigInt64LE(value, index * 8);
    });
    assert.deepEqual(usageOf(bytes), { userSeconds: 1.5, systemSeconds: 2.25, peakResidentBytes: 3072 });
  });
});
