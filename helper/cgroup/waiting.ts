import { setTimeout as pause } from 'node:timers/promises';

const LONGEST_MS = 50;

/** Asks at once, and then ever more slowly; @returns what `look` said last, so false after `deadlineMs`. */
export async function until(deadlineMs: number, look: () => boolean): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_MS)) {
    if (look()) return true;
    if (performance.now() >= deadline) return false;
    await pause(waitMs);
  }
}
