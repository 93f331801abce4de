import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Entered } from '../../../../helper/entry/entered.ts';
import { identify } from '../../../../helper/entry/identity.ts';
import type { IdMapping } from '../../../../helper/protocol/inspection.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const map = (...lines: readonly (readonly [number, number, number])[]): IdMapping[] =>
  lines.map(([inside, outside, count]) => ({ inside, outside, count }));

/** A target without a root of its own, so that the accounts are the host's. */
function target(uidMap?: IdMapping[], gidMap = uidMap): Entered {
  const entered = new Entered('web');
  entered.uidMap = uidMap;
  entered.gidMap = gidMap;
  return entered;
}

describe('identify', () => {
  it('is root where 0 is mapped', () => {
    const { uid, gid, name, home } = identify(target(map([1, 100_000, 65_535], [0, 1000, 1])), undefined);
    assert.deepEqual({ uid, gid, name, home }, { uid: 0, gid: 0, name: 'root', home: '/root' });
  });

  it('is the first that is mapped where 0 is not', () => {
    const { uid, gid } = identify(target(map([61_000, 61_000, 1])), undefined);
    assert.deepEqual({ uid, gid }, { uid: 61_000, gid: 61_000 });
  });

  it('takes UID:GID as numbers, and an unknown UID for its own group', () => {
    assert.deepEqual(identify(target(), '64999:5'), { uid: 64_999, gid: 5, name: undefined, home: '/' });
    assert.deepEqual(identify(target(), '64999'), { uid: 64_999, gid: 64_999, name: undefined, home: '/' });
  });

  it('refuses ids that the user namespace does not map, naming those that it does', () => {
    assert.throws(
      () => identify(target(map([0, 1000, 1], [1, 100_000, 100])), '500'),
      new Refusal('invalid', 'web has no user 500: its user namespace maps 0, 1–100.', { subject: '500' }),
    );
    assert.throws(
      () => identify(target(map([0, 1000, 2]), map([0, 1000, 1])), '1:1'),
      new Refusal('invalid', 'web has no group 1: its user namespace maps 0.', { subject: '1' }),
    );
  });

  it('refuses a name that is not there', () => {
    assert.throws(
      () => identify(target(), 'nobody-here'),
      new Refusal('unknown', 'web knows no user called nobody-here.', { subject: 'nobody-here' }),
    );
  });
});
