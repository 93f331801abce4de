import { setTimeout as pause } from 'node:timers/promises';

/** How many times longer than usual a machine may take for everything; an emulated one is several times slower. */
export const patience = Number(process.env['BURROW_TEST_PATIENCE'] ?? 1);

/**
 * Waits until `look` gives something, and answers that.
 * @throws Error naming `what` when it has given nothing for `seconds`, times `patience`
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 15,
): Promise<T> {
  const allowedSeconds = seconds * patience;
  const deadline = performance.now() + allowedSeconds * 1000;
  let waitMs = 5;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${allowedSeconds} s`);
    await pause(waitMs);
    waitMs = Math.min(2 * waitMs, 50);
  }
}
