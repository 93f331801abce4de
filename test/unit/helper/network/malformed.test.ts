import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress, parseLink, parseRoute } from '../../../../helper/network/rtnetlink.ts';
import { answeredErrno, attribute, i32Of, parseAttributes, parseMessages, u32Of } from '../../../../helper/sys/netlink-messages.ts';
import { malformed } from '../../../support/malformed-netlink.ts';
import { random } from '../../random.ts';

const MESSAGES = 20_000;

describe('netlink that is not as the kernel sends it', () => {
  it(`is read without an error, and within what has come: ${MESSAGES} generated datagrams`, () => {
    const next = random(11);
    let said = 0;
    for (let count = 0; count < MESSAGES; count++) {
      const datagram = malformed(next);
      for (const message of parseMessages(datagram)) {
        assert.ok(message.payload.length <= datagram.length - 16);
        answeredErrno(message);
        if (parseLink(message) ?? parseAddress(message) ?? parseRoute(message)) said++;
      }
    }
    // The changes leave much of it as it was: it is not only refused.
    assert.ok(said > MESSAGES / 4, `${said} links, addresses and routes`);
  });

  it('ends at a message that is shorter than its header, or longer than what has come', () => {
    const header = (length: number): Buffer => {
      const bytes = Buffer.alloc(32);
      bytes.writeUInt32LE(length, 0);
      return bytes;
    };
    for (const length of [0, 15, 33, 0xffff_ffff]) assert.deepEqual(parseMessages(header(length)), []);
    assert.equal(parseMessages(header(32)).length, 1);
  });

  it('ends at an attribute that is longer than what has come', () => {
    const cut = attribute(3, Buffer.alloc(8)).subarray(0, 10);
    assert.equal(parseAttributes(cut, 0).size, 0);
  });

  it('has no number in an attribute that is too short for one', () => {
    assert.equal(u32Of(Buffer.alloc(3)), undefined);
    assert.equal(i32Of(Buffer.alloc(0)), undefined);
  });
});
