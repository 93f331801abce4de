// Carries a plan out: the helper's steps and the stage's program, the one waiting for the other.
import { ATTEMPTS, isSharedGone, remove } from '../cgroup/group.ts';
import type { Place } from '../cgroup/layout.ts';
import { compile, lineOf } from '../plan/compile.ts';
import type { HelperStep, Plan } from '../plan/steps.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Ended } from '../stage/reaper.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import { explainPlan } from './explain.ts';
import { perform, type Surroundings } from './perform.ts';

/** The plan's line at which an init asks to stay, from 1. */
const lineOfInit = (plan: Plan): number =>
  plan.findIndex(
    each => each.by === 'stage' && 'do' in each.instruction && (each.instruction.do === 'init' || each.instruction.do === 'command'),
  ) + 1;

export interface Making extends Omit<Surroundings, 'pid'> {
  readonly definition: Definition;
  readonly plan: Plan;
  /** How many of the helper's first steps are done already. */
  readonly done: number;
  /** What becomes descriptors 0, 1 and 2 of the stage. */
  readonly stdio: readonly [number, number, number];
  readonly handles: ReadonlyMap<string, number>;
  readonly onEnd: Ended;
  /** Its control groups. */
  readonly places: readonly Place[];
}

/**
 * Another helper takes the directory of all groups away when it has no sandbox any more, and that may be between two
 * steps of this plan. Nothing but groups has been made by then, so it is begun again.
 * @returns the process that the plan leaves behind, if any
 * @throws Refusal with the plan's line, the call and the errno; the caller takes away what is made until then
 */
export async function carryOut(making: Making): Promise<number | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await carryOutOnce(making);
    } catch (error) {
      const { errno, subject = '' } = error instanceof Refusal ? error.failure : {};
      if (attempt === ATTEMPTS || errno !== 'ENOENT' || !isSharedGone(making.places, subject)) throw error;
      await remove(making.places, END_MS);
    }
  }
}

const END_MS = 10_000;

async function carryOutOnce({ definition, plan, done, stdio, handles, onEnd, ...surroundings }: Making): Promise<number | undefined> {
  const { program, first, at, lines } = compile(plan);
  let failed: HelperStep | undefined;
  let staysNot = false;
  const carry = (steps: readonly HelperStep[], pid: number): Promise<void> =>
    perform(steps, { ...surroundings, pid }, step => {
      failed = step;
    });
  try {
    await carry(first.slice(done), 0);
    return await stage({
      program,
      stdio,
      handles,
      onSync: (until, waiting) => carry(at.get(until) ?? [], waiting),
      onReady: pid => {
        staysNot = true;
        surroundings.ready(pid);
        staysNot = false;
      },
      onEnd,
    });
  } catch (error) {
    const line = failed
      ? lineOf(plan, failed)
      : staysNot
        ? lineOfInit(plan)
        : error instanceof StageFailed
          ? lines[error.index]
          : undefined;
    throw explainPlan(error, definition, line);
  }
}
