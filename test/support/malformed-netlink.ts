// Netlink datagrams as nobody's kernel sends them: made of valid ones by random changes, of lengths above all.
import { attribute, nested, text, u32 } from '../../helper/sys/netlink-messages.ts';
import type { Next } from '../unit/random.ts';

/** struct nlmsghdr and what follows it. */
function message(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(type, 4);
  return Buffer.concat([header, payload, Buffer.alloc(-payload.length & 3)]);
}

const veth = nested(18, attribute(1, text('veth')), nested(2, attribute(1, u32(7))));
const link = message(
  16,
  Buffer.concat([Buffer.alloc(16), attribute(3, text('eth0')), attribute(1, Buffer.alloc(6)), attribute(4, u32(1500)), veth]),
);
const address = message(20, Buffer.concat([Buffer.alloc(8), attribute(1, Buffer.alloc(16, 1)), attribute(2, u32(5))]));
const route = message(
  24,
  Buffer.concat([Buffer.from([2, 24, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0]), attribute(1, u32(9)), attribute(4, u32(2))]),
);
const failure = message(2, Buffer.alloc(20, 0xff));
const done = message(3, u32(0));
const kinds = [link, address, route, failure, done] as const;

/** What a reader that trusts a length or a type would stumble over. */
const telling = [0, 1, 3, 4, 15, 16, 17, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

/** A few messages with a few changes. */
export function malformed(next: Next): Buffer {
  const bytes = Buffer.concat(Array.from({ length: 1 + next(3) }, () => kinds[next(kinds.length)] ?? done));
  for (let change = next(6); change > 0; change--) {
    const at = next(bytes.length - 4) & (next(2) === 0 ? ~3 : ~0);
    const value = next(3) === 0 ? next(0x1_0000_0000) : (telling[next(telling.length)] ?? 0);
    if (next(2) === 0) bytes.writeUInt32LE(value >>> 0, at);
    else bytes.writeUInt16LE(value & 0xffff, at);
  }
  return next(3) === 0 ? bytes.subarray(0, next(bytes.length + 1)) : bytes;
}
