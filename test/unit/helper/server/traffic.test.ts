import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Traffic } from '../../../../helper/server/traffic.ts';

/** Whether it waits now, and that it goes on after that. */
async function waits(traffic: Traffic, goOn: () => void): Promise<boolean> {
  let hasRoom = false;
  const room = traffic.room().then(() => {
    hasRoom = true;
  });
  await nextTurn();
  const waited = !hasRoom;
  goOn();
  await room;
  return waited;
}

const never = (): boolean => false;

describe('the traffic of one client', () => {
  it('has room for 256 requests at a time, and for one more with each answer', async () => {
    const traffic = new Traffic(() => 0, never);
    for (let count = 0; count < 256; count++) {
      assert.equal(await waits(traffic, () => undefined), false);
      traffic.asked();
    }
    assert.equal(await waits(traffic, () => traffic.written(true)), true);
  });

  it('has none while a mebibyte waits to be read, until some of it was', async () => {
    let unreadBytes = 0;
    const traffic = new Traffic(() => unreadBytes, never);
    assert.equal(await waits(traffic, () => undefined), false);
    unreadBytes = 2 << 20;
    const reads = (): void => {
      unreadBytes = 0;
      traffic.written(false);
    };
    assert.equal(await waits(traffic, reads), true);
  });

  it('ends for one that has left while it waited', async () => {
    const traffic = new Traffic(
      () => 2 << 20,
      () => true,
    );
    await assert.rejects(traffic.room(), /the client has left/);
  });
});
