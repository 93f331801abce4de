import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../measure.ts';

/** Somewhere that says what it is told. */
export interface Echo {
  readonly input: Writable;
  readonly output: Readable;
}

export interface Latency {
  readonly medianMs: number;
  readonly longestMs: number;
  readonly keys: number;
}

const BETWEEN_KEYS_MS = 10;

async function keyMs({ input, output }: Echo): Promise<number> {
  const began = performance.now();
  const answer = once(output, 'data');
  input.write('x');
  await answer;
  return performance.now() - began;
}

const latency = (times: readonly number[]): Latency => ({ medianMs: median(times), longestMs: Math.max(...times), keys: times.length });

/** Types into all of them by turns until `done` says so: whatever else happens meets all. */
export async function typing<Name extends string>(
  echoes: Readonly<Record<Name, Echo>>,
  done: (keys: number) => boolean,
): Promise<Readonly<Record<Name, Latency>>> {
  const entries = Object.entries<Echo>(echoes).map(([name, echo]) => ({ name, echo, times: [] as number[] }));
  for (let keys = 0; !done(keys); keys++) {
    for (const { echo, times } of entries) times.push(await keyMs(echo));
    await pause(BETWEEN_KEYS_MS);
  }
  return Object.fromEntries(entries.map(({ name, times }) => [name, latency(times)])) as Record<Name, Latency>;
}
