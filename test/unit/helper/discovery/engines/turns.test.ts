import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Turns } from '../../../../../helper/discovery/engines/turns.ts';

describe('Turns', () => {
  it('gives each its turn after its wait, the longest waiting first', () => {
    const turns = new Turns<string>();
    turns.add('later', 2, 0);
    turns.add('first', 1, 0);
    turns.add('second', 1, 50);
    assert.equal(turns.nextMs, 100);
    assert.equal(turns.take(99), undefined);
    assert.deepEqual([turns.take(200), turns.take(200), turns.take(200)], ['first', 'second', undefined]);
    assert.equal(turns.nextMs, 400);
  });

  it('waits longer the more often something was looked at, and never gives up', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 100].map(step => {
      const turns = new Turns<string>();
      turns.add('web', step, 1000);
      return (turns.nextMs ?? 0) - 1000;
    });
    assert.deepEqual(
      waits,
      waits.toSorted((a, b) => a - b),
    );
    assert.equal(waits[0], 0);
    assert.equal(waits.at(-1), 60_000);
  });

  it('has each only once, and forgets what is dropped', () => {
    const turns = new Turns<string>();
    turns.add('web', 5, 0);
    turns.add('web', 0, 0);
    assert.deepEqual([turns.take(100_000), turns.take(100_000)], ['web', undefined]);
    turns.add('web', 0, 0);
    turns.drop('web');
    assert.deepEqual([turns.take(100_000), turns.nextMs], [undefined, undefined]);
  });
});
