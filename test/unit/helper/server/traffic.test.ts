import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Traffic } from '../../../../helper/server/traffic.ts';

describe('the traffic of one client', () => {
  it('has room for 256 requests at a time, and for one more with each answer', async () => {
    const traffic = new Traffic();
    for (let count = 0; count < 256; count++) {
      await traffic.room();
      traffic.asked();
    }
    let hasRoom = false;
    const room = traffic.room().then(() => {
      hasRoom = true;
    });
    await nextTurn();
    assert.equal(hasRoom, false);
    traffic.answered();
    await room;
    assert.equal(hasRoom, true);
  });
});
