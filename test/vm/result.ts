// What a machine said of itself and of the tests that ran in it. It is parsed where it comes out of the machine.
import * as z from 'zod';

/** What the reporter writes. */
export const Line = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.enum(['failed', 'skipped']), name: z.string(), why: z.string() }),
  z.object({ outcome: z.literal('counted'), passed: z.int(), failed: z.int(), skipped: z.int() }),
]);
export type Line = z.infer<typeof Line>;

/** Versions of what the results depend on; an engine that is not installed is left out. */
export const Facts = z.object({
  distribution: z.string(),
  kernel: z.string(),
  systemd: z.string(),
  /** /sys/kernel/security/lsm */
  lsm: z.string(),
  /** Options of the cgroup2 mount. */
  cgroup2: z.string(),
  engines: z.record(z.string(), z.string()),
});
export type Facts = z.infer<typeof Facts>;

const Odd = z.object({ test: z.string(), why: z.string() });

export const Outcome = z.object({
  passed: z.int(),
  failed: z.array(Odd),
  skipped: z.array(Odd),
  /** Files that never came to an end, or to a beginning. */
  unfinished: z.array(z.string()),
});
export type Outcome = z.infer<typeof Outcome>;

export const Result = z.object({
  machine: z.string(),
  what: z.string(),
  date: z.string(),
  facts: Facts,
  story: Outcome.optional(),
  kernel: Outcome.optional(),
});
export type Result = z.infer<typeof Result>;

/**
 * @param files names of files of tests, and what the reporter wrote of each; undefined of one that did not run
 */
export function outcomeOf(files: readonly (readonly [string, string | undefined])[]): Outcome {
  const outcome: Outcome = { passed: 0, failed: [], skipped: [], unfinished: [] };
  for (const [file, text] of files) {
    const lines = (text ?? '')
      .split('\n')
      .filter(Boolean)
      .map(each => Line.parse(JSON.parse(each)));
    let isWhole = false;
    for (const line of lines) {
      if (line.outcome === 'counted') {
        isWhole = true;
        outcome.passed += line.passed;
      } else outcome[line.outcome].push({ test: `${file}: ${line.name}`, why: line.why.split('\n')[0] ?? '' });
    }
    if (!isWhole) outcome.unfinished.push(file);
  }
  return outcome;
}

export const isRight = ({ story, kernel }: Result): boolean =>
  [story, kernel].every(each => each === undefined || (each.failed.length === 0 && each.unfinished.length === 0));
