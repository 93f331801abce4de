// Carries a plan out: the helper's steps and the stage's program, the one waiting for the other.
import { OURS } from '../cgroup/hierarchies.ts';
import { compile, lineOf } from '../plan/compile.ts';
import type { HelperStep, Plan } from '../plan/steps.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Ended } from '../stage/reaper.ts';
import { StageFailed, type Staging, stage } from '../stage/run.ts';
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
}

/**
 * @returns the process that the plan leaves behind, if any
 * @throws Refusal with the plan's line, the call and the errno; the caller takes away what is made until then
 */
export async function carryOut({ definition, plan, done, stdio, handles, onEnd, ...surroundings }: Making): Promise<number | undefined> {
  const { program, first, at, lines } = compile(plan);
  let failed: HelperStep | undefined;
  let staysNot = false;
  const carry = (steps: readonly HelperStep[], pid: number): Promise<void> =>
    perform(steps, { ...surroundings, pid }, step => {
      failed = step;
    });
  try {
    await carry(first.slice(done), 0);
    return await staged({
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

/** How often what sandboxes share may go, because another helper has just removed its last one. */
const ATTEMPTS = 5;

/** The cgroups are the first that the stage makes: when the directory above them has gone, there is nothing yet to undo but the others. */
async function staged(staging: Staging): Promise<number | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await stage(staging);
    } catch (error) {
      if (attempt === ATTEMPTS || !lostShared(error)) throw error;
    }
  }
}

const lostShared = (error: unknown): boolean =>
  error instanceof StageFailed && error.syscall === 'mkdirat' && error.errno === 'ENOENT' && error.subject.includes(`/${OURS}/`);
