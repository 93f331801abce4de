// What input that nobody sends costs: frames at a helper's socket, and netlink that is not the kernel's.
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseAddress, parseLink, parseRoute } from '../../../helper/network/rtnetlink.ts';
import { answeredErrno, parseMessages } from '../../../helper/sys/netlink-messages.ts';
import { malformedFrame } from '../../support/malformed-frames.ts';
import { malformed } from '../../support/malformed-netlink.ts';
import { type Next, random } from '../../unit/random.ts';
import { memoryMb } from '../discovery/usage.ts';
import { type Subject, withHelper } from '../subject.ts';
import { type Row, row } from '../table.ts';

const FRAMES = 200_000;
const FRAMES_AT_ONCE = 50;
const DATAGRAMS = 1_000_000;
const GROWTH_MB = 20;
const SEED = 11;

export const hostile = async (): Promise<Row[]> => [...(await withHelper(frames)), netlink()];

/** Ends with an error when the helper does not answer any more. */
async function frames({ helper, pid, socket }: Subject): Promise<Row[]> {
  const next = random(SEED);
  // The first ones make what a helper then keeps.
  for (let sent = 0; sent < FRAMES / 10; sent += FRAMES_AT_ONCE) await send(socket, next);
  const before = memoryMb(pid).now;
  let longestMs = 0;
  const began = performance.now();
  for (let sent = 0; sent < FRAMES; sent += FRAMES_AT_ONCE) {
    await send(socket, next);
    const asked = performance.now();
    await helper.request('sandbox/list', {});
    longestMs = Math.max(longestMs, performance.now() - asked);
  }
  const each = ((performance.now() - began) / FRAMES) * 1000;
  return [
    row(`growth over ${FRAMES} mutated frames`, memoryMb(pid).now - before, 'MB', 1, undefined, GROWTH_MB),
    row('a mutated frame', each, 'µs', FRAMES),
    row('longest answer to somebody else meanwhile', longestMs, 'ms', FRAMES / FRAMES_AT_ONCE),
  ];
}

/** One connection's worth; the helper ends it at the first that is no frame. */
async function send(socket: string, next: Next): Promise<void> {
  const connection = connect(socket);
  connection.on('error', () => undefined).resume();
  connection.end(Buffer.concat(Array.from({ length: FRAMES_AT_ONCE }, () => malformedFrame(next))));
  await once(connection, 'close');
}

function netlink(): Row {
  const next = random(SEED);
  const before = process.memoryUsage().rss;
  for (let count = 0; count < DATAGRAMS; count++) {
    for (const message of parseMessages(malformed(next))) {
      answeredErrno(message);
      parseLink(message);
      parseAddress(message);
      parseRoute(message);
    }
  }
  return row(
    `growth over ${DATAGRAMS} malformed netlink datagrams`,
    (process.memoryUsage().rss - before) / 1e6,
    'MB',
    1,
    undefined,
    GROWTH_MB,
  );
}
