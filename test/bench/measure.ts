import { spawnSync } from 'node:child_process';

/** Burrow, or what people use today. */
export interface Competitor {
  /** Does the thing once, and answers how long that took. */
  readonly onceMs: () => Promise<number>;
  /** For a slow one: it takes part in so many of the rounds only, spread evenly, and without warming up. */
  readonly rounds?: number;
}

export interface Times {
  readonly medianMs: number;
  readonly rounds: number;
}

/** Until the first optimizing compiler of V8 has seen what is measured; who uses Burrow has a helper that has run for hours. */
const warmUps = 30;

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export const timesOf = (times: readonly number[]): Times => ({ medianMs: median(times), rounds: times.length });

/** A competitor whose time is what the clock on the wall says. */
export const timed = (once: () => Promise<unknown> | undefined, rounds?: number): Competitor => ({
  onceMs: async () => {
    const began = performance.now();
    await once();
    return performance.now() - began;
  },
  ...(rounds !== undefined && { rounds }),
});

/**
 * Takes turns, so that whatever else the machine does meets all of them.
 * @param warming rounds before that do not count
 */
export async function hold<Name extends string>(
  rounds: number,
  competitors: Readonly<Record<Name, Competitor>>,
  warming = warmUps,
): Promise<Readonly<Record<Name, Times>>> {
  const entries = Object.entries<Competitor>(competitors).map(([name, competitor]) => ({ name, competitor, times: [] as number[] }));
  for (let round = -warming; round < rounds; round++) {
    for (const { competitor, times } of entries) {
      if (!takesPart(competitor, round, rounds)) continue;
      const tookMs = await competitor.onceMs();
      if (round >= 0) times.push(tookMs);
    }
  }
  return Object.fromEntries(entries.map(({ name, times }) => [name, timesOf(times)])) as Record<Name, Times>;
}

function takesPart({ rounds: own }: Competitor, round: number, rounds: number): boolean {
  if (own === undefined || own >= rounds) return true;
  return round >= 0 && Math.floor(((round + 1) * own) / rounds) > Math.floor((round * own) / rounds);
}

/** Runs a program to its end. @throws Error with what it said when it fails */
export const run = (program: string, ...words: readonly string[]): undefined => runAs(undefined, program, ...words);

/** @param uid and group of the program; this process's own when left out */
export function runAs(uid: number | undefined, program: string, ...words: readonly string[]): undefined {
  const { status, stderr, error } = spawnSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return undefined;
}
