import { spawnSync } from 'node:child_process';

/** One thing done by Burrow and by what people use today. Each call does it once. */
export interface Contest {
  readonly what: string;
  readonly burrow: () => Promise<unknown>;
  readonly against: string;
  readonly other: () => Promise<unknown> | undefined;
  readonly rounds: number;
}

export interface Outcome {
  readonly what: string;
  readonly burrowMs: number;
  readonly against: string;
  readonly otherMs: number;
  /** Burrow's time as a part of the other's: below 1 is faster. */
  readonly ratio: number;
  readonly rounds: number;
}

const warmUps = 3;

async function timeOf(once: () => Promise<unknown> | undefined): Promise<number> {
  const began = performance.now();
  await once();
  return performance.now() - began;
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** Takes turns, so that whatever else the machine does meets both. */
export async function hold({ what, burrow, against, other, rounds }: Contest): Promise<Outcome> {
  const times = { burrow: [] as number[], other: [] as number[] };
  for (let round = -warmUps; round < rounds; round++) {
    const ours = await timeOf(burrow);
    const theirs = await timeOf(other);
    if (round < 0) continue;
    times.burrow.push(ours);
    times.other.push(theirs);
  }
  const [burrowMs, otherMs] = [median(times.burrow), median(times.other)];
  return { what, burrowMs, against, otherMs, ratio: burrowMs / otherMs, rounds };
}

/** Runs a program to its end. @throws Error with what it said when it fails */
export function run(program: string, ...words: readonly string[]): undefined {
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return undefined;
}
