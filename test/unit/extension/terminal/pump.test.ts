import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { pump } from '../../../../extension/terminal/pump.ts';

test('a flood is read only as fast as the screen takes it', async () => {
  let produced = 0;
  const flood = new Readable({
    read() {
      this.push(produced < 64 ? Buffer.alloc(65_536, 'x') : null);
      produced += 1;
    },
  });
  let written = 0;
  let release = (): void => {};
  const done = pump(flood, {
    write: text => {
      written += text.length;
    },
    caughtUp: () => new Promise<void>(resolve => (release = resolve)),
  });
  for (let round = 0; round < 50; round++) await nextTick();
  assert.equal(written, 4 * 65_536);
  while (written < 64 * 65_536) {
    release();
    await nextTick();
  }
  release();
  await done;
  assert.equal(written, 64 * 65_536);
});
