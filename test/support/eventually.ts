import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `look` gives something, and answers that.
 * @throws Error naming `what` when it has given nothing for `seconds`
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 15,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let waitMs = 5;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(waitMs);
    waitMs = Math.min(2 * waitMs, 50);
  }
}
