// A plan becomes the stage's program and what the helper does before it and meanwhile.
import type { Instruction, Program } from '../stage/program.ts';
import type { HelperStep, Plan } from './steps.ts';

export interface Compiled {
  readonly program: Program;
  /** The helper's steps before the stage starts. */
  readonly first: readonly HelperStep[];
  /** The helper's steps at each of the program's waits, by what the wait says. */
  readonly at: ReadonlyMap<string, readonly HelperStep[]>;
  /** For each instruction of the program its line in the plan, from 1. */
  readonly lines: readonly number[];
}

/** Where the helper has steps between the stage's, the program waits for it. */
export function compile(plan: Plan): Compiled {
  const program: Instruction[] = [];
  const lines: number[] = [];
  const first: HelperStep[] = [];
  const at = new Map<string, HelperStep[]>();
  let waiting: HelperStep[] | undefined;
  plan.forEach((each, index) => {
    if (each.by === 'stage') {
      waiting = undefined;
      program.push(each.instruction);
      lines.push(index + 1);
    } else if (program.length === 0) first.push(each.step);
    else {
      if (!waiting) {
        waiting = [];
        const until = `step ${index + 1}`;
        at.set(until, waiting);
        program.push({ do: 'sync', until });
        lines.push(index + 1);
      }
      waiting.push(each.step);
    }
  });
  return { program, first, at, lines };
}

/** The plan's line of a helper step, from 1. */
export const lineOf = (plan: Plan, step: HelperStep): number => plan.findIndex(each => each.by === 'helper' && each.step === step) + 1;
