// Frames of JSON-RPC as no client sends them: made of harmless requests by random changes of bytes and of lengths.
import { protocolVersion } from '../../helper/protocol/methods.ts';
import type { Next } from '../unit/random.ts';

const requests = [
  ['helper/hello', { protocol: protocolVersion }],
  ['sandbox/list', {}],
  ['terminal/list', {}],
  ['namespaces/inspect', { type: 'net', inode: 1 }],
  ['terminal/choices', { target: { container: 'nobody' } }],
  [
    'sandbox/plan',
    { definition: { name: 'web', namespaces: ['user', 'mnt'], mounts: [{ type: 'tmpfs', path: '/tmp' }], network: 'none' } },
  ],
] as const;

const bodies = requests.map(([method, params], id) => JSON.stringify({ jsonrpc: '2.0', id, method, params }));
const lengths = ['0', '-1', '1e9', '99999999999', '8388609', 'x', ''];

/** One frame with a few changes, or with none. */
export function malformedFrame(next: Next): Buffer {
  const body = Buffer.from(bodies[next(bodies.length)] ?? '');
  for (let change = next(4); change > 0; change--) body.writeUInt8(next(256), next(body.length));
  const length = next(8) === 0 ? (lengths[next(lengths.length)] ?? '') : String(next(16) === 0 ? next(2 * body.length) : body.length);
  const frame = Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), body]);
  return next(16) === 0 ? frame.subarray(0, next(frame.length)) : frame;
}
