import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { Streams } from '../../../../helper/entry/streams.ts';

function offered() {
  const streams = new Streams();
  const attached: Socket[] = [];
  const token = streams.offer(
    1000,
    socket => attached.push(socket),
    () => assert.fail('it was claimed'),
  );
  return { streams, attached, token };
}

describe('Streams', () => {
  it('gives a token of 256 bits, another each time', () => {
    const { token } = offered();
    assert.match(token, /^[0-9a-f]{64}$/);
    assert.notEqual(token, offered().token);
  });

  it('lets the same user claim a token once', () => {
    const { streams, attached, token } = offered();
    const socket = new Socket();
    assert.equal(streams.claim(token, 1000, socket), true);
    assert.deepEqual(attached, [socket]);
    assert.equal(streams.claim(token, 1000, socket), false);
    assert.equal(attached.length, 1);
  });

  it('keeps a token for its user when another, root too, tries it', () => {
    const { streams, attached, token } = offered();
    assert.equal(streams.claim(token, 1001, new Socket()), false);
    assert.equal(streams.claim(token, 0, new Socket()), false);
    assert.equal(streams.claim(token, 1000, new Socket()), true);
    assert.equal(attached.length, 1);
  });

  it('knows no token that it has not given', () => {
    const { streams, token } = offered();
    assert.equal(
      streams.claim(
        token.replace(/^./, first => (first === '0' ? '1' : '0')),
        1000,
        new Socket(),
      ),
      false,
    );
    assert.equal(streams.claim('', 1000, new Socket()), false);
  });
});
