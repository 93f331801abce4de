// Large results are JSON already when they come from the discovery thread: writing them again on the
// main thread would hold up every terminal.
import type { Message } from 'vscode-jsonrpc/node';
import type { Encode } from './message-writer.ts';

/** A value as the text that stands for it on the wire. */
export class Encoded {
  readonly pieces: readonly Uint8Array[];
  constructor(...pieces: readonly Uint8Array[]) {
    this.pieces = pieces;
  }
}

const place = JSON.stringify('\u0000encoded');

/** Puts an encoded result or encoded params into the message where the value would be. */
export const encode: Encode = message => {
  const part = encodedPart(message);
  if (!part) return [Buffer.from(JSON.stringify(message))];
  const { key, pieces } = part;
  const [before = '', after = ''] = JSON.stringify({ ...message, [key]: '\u0000encoded' }).split(place);
  return [Buffer.from(before), ...pieces, Buffer.from(after)];
};

function encodedPart(message: Message): { key: 'result' | 'params'; pieces: readonly Uint8Array[] } | undefined {
  for (const key of ['result', 'params'] as const) {
    const value: unknown = key in message ? (message as Partial<Record<typeof key, unknown>>)[key] : undefined;
    if (value instanceof Encoded) return { key, pieces: value.pieces };
  }
  return undefined;
}
