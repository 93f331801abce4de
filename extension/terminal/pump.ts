import type { Readable } from 'node:stream';

/** How much may be on its way to the screen before it is waited for. */
const inFlightBytes = 256 * 1024;

/**
 * Writes a stream to a screen until it ends, however it ends. While it waits for the screen it does
 * not read, so a program that floods its terminal is held up as by a slow terminal.
 *
 * @param caughtUp resolves when the screen has got what was written so far
 */
export async function pump(stream: Readable, write: (text: string) => void, caughtUp: () => PromiseLike<unknown>): Promise<void> {
  // A packet may end in the middle of a character.
  const decoder = new TextDecoder();
  let unconfirmed = 0;
  try {
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
