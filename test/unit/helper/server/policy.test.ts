import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Peer } from '../../../../helper/server/peer.ts';
import { Policy } from '../../../../helper/server/policy.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const peer = (uid: number, isHost = true): Peer => ({ pid: 1, uid, gid: uid, groups: [], isHost });

describe('Policy', () => {
  const policy = new Policy(1000);

  it('serves root and the user it was made for', () => {
    policy.require(peer(0));
    policy.require(peer(1000));
  });

  it('refuses everybody else by number', () => {
    const message = 'This helper does not serve user 1001; it serves the user who started it.';
    assert.throws(() => policy.require(peer(1001)), new Refusal('denied', message, { subject: 'uid 1001' }));
  });

  it('refuses the same user from another user namespace', () => {
    const message = 'This helper serves no process inside a user namespace of its own.';
    assert.throws(() => policy.require(peer(0, false)), new Refusal('denied', message, { subject: 'uid 0' }));
    assert.throws(() => policy.require(peer(1000, false)), new Refusal('denied', message, { subject: 'uid 1000' }));
  });
});
