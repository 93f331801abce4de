import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { insideId, outsideId } from '../../../../helper/sys/id-map.ts';

const lines = [
  { inside: 0, outside: 1000, count: 1 },
  { inside: 1, outside: 100_000, count: 10 },
];

describe('outsideId', () => {
  const ids = [
    [0, 1000],
    [1, 100_000],
    [10, 100_009],
    [11, 11],
  ] as const;
  for (const [inside, outside] of ids)
    it(`gives ${outside} for ${inside}`, () => {
      assert.equal(outsideId(inside, lines), outside);
    });
});

describe('insideId', () => {
  it('is the way back, and tells what has no number inside', () => {
    assert.deepEqual(
      [1000, 100_000, 100_009, 100_010, 0].map(id => insideId(id, lines)),
      [0, 1, 10, undefined, undefined],
    );
  });

  it('changes nothing without a map', () => assert.equal(insideId(61_000, undefined), 61_000));
});
