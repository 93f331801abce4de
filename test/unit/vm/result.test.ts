import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOf } from '../../vm/result.ts';
import { lastResults, markdown, tableOf } from '../../vm/table.ts';

const lines = (...all: readonly object[]): string => all.map(each => `${JSON.stringify(each)}\n`).join('');
const counted = { outcome: 'counted', passed: 3, failed: 1, skipped: 1 };

describe('the outcome of a machine', () => {
  it('names what failed and what was skipped, with the file and the first line of why', () => {
    const text = lines(
      { outcome: 'failed', name: 'enters', why: 'ENOENT\nat clone3' },
      { outcome: 'skipped', name: 'labels', why: 'no AppArmor here' },
      counted,
    );
    assert.deepEqual(outcomeOf([['kernel/entry', text]]), {
      passed: 3,
      failed: [{ test: 'kernel/entry: enters', why: 'ENOENT' }],
      skipped: [{ test: 'kernel/entry: labels', why: 'no AppArmor here' }],
      unfinished: [],
    });
  });

  it('holds a file that ended without its counts, and one that never began, for unfinished', () => {
    const text = lines({ outcome: 'failed', name: 'enters', why: 'timed out' });
    const { passed, unfinished } = outcomeOf([
      ['kernel/cut', text],
      ['kernel/never', undefined],
      ['kernel/whole', lines(counted)],
    ]);
    assert.deepEqual([passed, unfinished], [3, ['kernel/cut', 'kernel/never']]);
  });

  it('refuses a line that the reporter does not write', () => {
    assert.throws(() => outcomeOf([['kernel/odd', lines({ outcome: 'fine' })]]), /outcome/);
  });
});

describe('the table of what was tried', () => {
  it('in the README is that of the last results', () => assert.equal(tableOf(), markdown(lastResults())));
});
