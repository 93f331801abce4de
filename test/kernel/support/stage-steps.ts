// The calls of a stage as they come, and the lines of the plan that they are.
import type { Helper } from '../../../helper/client/connect.ts';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import type { Recorded, Tracer } from './makers/tracer.ts';

export interface StageStep {
  /** Its place among the calls of the stage, for the tracer. */
  readonly call: number;
  /** Its line in the plan, from 1. */
  readonly line: number;
  readonly name: string;
  /** What the plan says of it. A run has lines at its end that no plan shows. */
  readonly text: string | undefined;
  /** Errnos that are no failure. */
  readonly tolerated: readonly string[] | 'all';
}

const CONTROL = 3;

/** The program's own: not the talk with the helper, nor what an init does to stay. */
const isStep = ({ name, first }: Recorded): boolean =>
  !(['write', 'read', 'close'].includes(name) && first === CONTROL) && name !== 'rt_sigprocmask';

/**
 * @param helper the connection of whom it is made for
 * @param stage which of those that the helper starts for it
 * @param work makes it as the definition says, and takes it away
 */
export async function stageSteps(
  helper: Helper,
  tracer: Tracer,
  definition: DefinitionInput,
  stage: number,
  work: () => Promise<unknown>,
): Promise<readonly StageStep[]> {
  const { steps } = await helper.request('sandbox/plan', { definition });
  const lines = steps.map((text, index) => ({ text, line: index + 1 }));
  const planned = lines.filter(({ text }) => text.startsWith('stage'));
  const byHelper = lines.length - planned.length;
  const recorded = await tracer.record(stage, work);
  const calls = recorded.flatMap((each, call) => (isStep(each) ? [{ ...each, call }] : []));
  const isPlanned = (name: string, index: number): boolean => planned[index]?.text.replace(/^stage +/, '').startsWith(`${name}(`) === true;
  const same = calls.findIndex(({ name }, index) => !isPlanned(name, index));
  return calls.map(({ name, call }, index) => {
    const { text, line } = planned[index] ?? { text: '', line: 0 };
    if (same >= 0 && index >= same) return { call, line: index + 1 + byHelper, name, text: undefined, tolerated: [] };
    return { call, line, name, text: text.replace(/^stage +| {2}# may fail.*/g, ''), tolerated: toleratedIn(text) };
  });
}

function toleratedIn(text: string): readonly string[] | 'all' {
  const [, errnos] = / {2}# may fail(?:: (.*))?$/.exec(text) ?? [];
  if (errnos !== undefined) return errnos.split(', ');
  return text.endsWith('# may fail') ? 'all' : [];
}
