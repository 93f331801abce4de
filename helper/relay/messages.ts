// What the helper and the relay say to each other. The layouts and numbers are those of orders.h and life.h.

const OPERATION = { add: 1, attach: 2, drop: 3 } as const;
const KEEP = 1;
const REPLAY = 2;
const ORDER_BYTES = 16;

export type Order =
  /** With the master of the pty. `kept`: its output is taken also while it has no client. */
  | { readonly do: 'add'; readonly id: number; readonly kept: boolean }
  /** With the client's socket. `early` is what it has sent by now, `replay` whether it gets what was written before. */
  | { readonly do: 'attach'; readonly id: number; readonly client: number; readonly replay: boolean; readonly early: Buffer }
  | { readonly do: 'drop'; readonly id: number };

export function encodeOrder(order: Order): Buffer {
  const isAttach = order.do === 'attach';
  const head = Buffer.alloc(ORDER_BYTES);
  head.writeUInt32LE(OPERATION[order.do], 0);
  head.writeUInt32LE(order.id, 4);
  head.writeUInt32LE(isAttach ? order.client : 0, 8);
  head.writeUInt32LE((order.do === 'add' && order.kept ? KEEP : 0) | (isAttach && order.replay ? REPLAY : 0), 12);
  return isAttach ? Buffer.concat([head, order.early]) : head;
}

export interface Report {
  /** `detached`: this client has gone. `over`: the program's side is gone, and its client has all that it wrote. */
  readonly kind: 'detached' | 'over';
  readonly id: number;
  readonly client: number;
}

export const REPORT_BYTES = 16;
const DETACHED = 1;

export const decodeReport = (bytes: Buffer): Report => ({
  kind: bytes.readUInt32LE(0) === DETACHED ? 'detached' : 'over',
  id: bytes.readUInt32LE(4),
  client: bytes.readUInt32LE(8),
});
