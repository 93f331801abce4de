import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { secondsWords, sizeNotation, sizeWords } from '../../../extension/amounts.ts';
import { limitFacts } from '../../../extension/limits.ts';

describe('amounts', () => {
  test('of memory are read in powers of 1,024', () => {
    const sizes = [0, 1, 1023, 1024, 1536, 24 * 2 ** 20, 24.7 * 2 ** 20, 1.5 * 2 ** 30, 5000 * 2 ** 40].map(sizeWords);
    assert.deepEqual(sizes, ['0 bytes', '1 bytes', '1,023 bytes', '1 KB', '1.5 KB', '24 MB', '25 MB', '1.5 GB', '5,000 TB']);
  });

  test('of time are as long as they have to be', () => {
    const times = [0, 0.004, 0.0151, 1.2, 59.96, 99.94, 100, 3600, 90_061].map(secondsWords);
    assert.deepEqual(times, ['0 s', '0 s', '0.02 s', '1.2 s', '60 s', '99.9 s', '1 min 40 s', '1 h', '25 h 1 min 1 s']);
  });

  test('are written as definitions have them, and exactly', () => {
    assert.deepEqual([1, 1000, 1024, 2 ** 28, 2 ** 31, 1536 * 2 ** 20].map(sizeNotation), ['1', '1000', '1K', '256M', '2G', '1536M']);
  });
});

test('limits are facts in words', () => {
  const limits = { memory: 2 ** 28, cpu: 0.5, wallSeconds: 90, rlimits: { core: 0, stack: { soft: 8, hard: 'unlimited' as const } } };
  assert.deepEqual(limitFacts(limits), [
    ['memory', '256 MB'],
    ['processors', '0.5 processors'],
    ['rlimits', 'core 0; stack 8, at most unlimited'],
    ['wall time', '90 s'],
  ]);
  assert.deepEqual(limitFacts({}), []);
});
