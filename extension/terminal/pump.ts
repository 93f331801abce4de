import type { Readable } from 'node:stream';
import { withoutQueries } from '../../helper/protocol/replay.ts';

/** How much may be on its way to the screen before it is waited for. */
const inFlightBytes = 256 * 1024;

/** Where the stream goes. */
export interface Sink {
  write(text: string): void;
  /** Resolves when the screen has got what was written so far. */
  caughtUp(): PromiseLike<unknown>;
}

/** Resolves when there is more to read, or never will be. */
const more = (stream: Readable): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      stream.off('readable', done).off('end', done).off('close', done);
      resolve();
    };
    stream.on('readable', done).on('end', done).on('close', done);
  });

/** Exactly so many bytes, or fewer when the stream ended before. */
async function take(stream: Readable, count: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < count) {
    // All that is there: what is left lying would be told of again at once, and nothing else would come to run.
    const part: unknown = stream.read();
    if (part instanceof Uint8Array) {
      parts.push(part);
      length += part.byteLength;
    } else if (stream.readableEnded || stream.destroyed) break;
    else await more(stream);
  }
  const bytes = Buffer.concat(parts);
  if (length > count) stream.unshift(bytes.subarray(count));
  return bytes.subarray(0, count);
}

/** What was written before somebody looked: four bytes say how many there are, the lowest first. */
async function takeReplay(stream: Readable): Promise<Buffer> {
  const head = await take(stream, 4);
  return head.byteLength < 4 ? head.subarray(4) : take(stream, head.readUInt32LE());
}

/**
 * Writes a stream to a screen until it ends, however it ends. While it waits for the screen it does
 * not read, so a program that floods its terminal is held up as by a slow terminal.
 *
 * @param replayed makes it begin with what was written before, and is called when the screen has got that
 */
export async function pump(stream: Readable, { write, caughtUp }: Sink, replayed?: () => void): Promise<void> {
  // A packet may end in the middle of a character.
  const decoder = new TextDecoder();
  let unconfirmed = 0;
  try {
    if (replayed) {
      // Whoever asked got the answer long ago: a second one would be typed into what runs now.
      write(withoutQueries(decoder.decode(await takeReplay(stream), { stream: true })));
      await caughtUp();
      replayed();
    }
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) continue;
      write(decoder.decode(chunk, { stream: true }));
      unconfirmed += chunk.byteLength;
      if (unconfirmed < inFlightBytes) continue;
      unconfirmed = 0;
      await caughtUp();
    }
  } catch {
    // Reset by the other side, or destroyed on this one: an end like any other.
  }
  const rest = decoder.decode();
  if (rest) write(rest);
}
