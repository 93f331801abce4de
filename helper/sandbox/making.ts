// Carries a plan out: the helper's steps and the stage's program, the one waiting for the other.
import type { Definition } from '../protocol/definition/definition.ts';
import type { Ended } from '../stage/reaper.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { compile, lineOf } from './compile.ts';
import { explainPlan } from './explain.ts';
import { perform, type Surroundings } from './perform.ts';
import type { HelperStep, Plan } from './steps.ts';

export interface Making extends Omit<Surroundings, 'pid'> {
  readonly definition: Definition;
  readonly plan: Plan;
  /** How many of the helper's first steps are done already. */
  readonly done: number;
  /** What becomes descriptors 0, 1 and 2 of the stage. */
  readonly stdio: readonly [number, number, number];
  readonly handles: ReadonlyMap<string, number>;
  /** Called before its init may stay, which has no other record. */
  readonly onReady: (pid: number) => void;
  readonly onEnd: Ended;
}

/**
 * @returns the process that the plan leaves behind, if any
 * @throws Refusal with the plan's line, the call and the errno; the caller takes away what is made until then
 */
export async function carryOut({
  definition,
  plan,
  done,
  stdio,
  handles,
  onReady,
  onEnd,
  ...surroundings
}: Making): Promise<number | undefined> {
  const { program, first, at, lines } = compile(plan);
  let current: HelperStep | undefined;
  // Nobody else of the helper's gets a turn between two steps, and finds the half of something.
  const carry = (steps: readonly HelperStep[], pid: number): void => {
    for (const step of steps) {
      current = step;
      perform(step, { ...surroundings, pid });
    }
    current = undefined;
  };
  try {
    carry(first.slice(done), 0);
    return await stage({
      program,
      stdio,
      handles,
      onSync: (until, waiting) => carry(at.get(until) ?? [], waiting),
      onReady,
      onEnd,
    });
  } catch (error) {
    const line = current ? lineOf(plan, current) : error instanceof StageFailed ? lines[error.index] : undefined;
    throw explainPlan(error, definition, line);
  }
}
