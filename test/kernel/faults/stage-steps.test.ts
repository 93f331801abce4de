import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Helper } from '../../../helper/client/connect.ts';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { failureOf, reachAs } from '../support/asking.ts';
import { largestOfRoot, largestOfTenant } from '../support/largest.ts';
import { Machine } from '../support/machine.ts';
import { Tracer } from '../support/makers/tracer.ts';
import { type StageStep, stageSteps } from '../support/stage-steps.ts';

/** To look whether anything is left takes longer than to fail; so it is done after so many failures. */
const AT_A_TIME = process.env['BURROW_FAULTS'] === 'all' ? 1 : 24;

interface Case {
  readonly who: string;
  readonly user: number;
  readonly definition: DefinitionInput;
  /** Which of the stages that the helper starts for it. */
  readonly stage: number;
  readonly purpose: 'create' | 'run';
}

/** What does not stay has the same cgroups when it is run, and when it is made: the lines that the helper does itself are counted in that plan. */
const alone = { directory: '/', command: ['/bin/true'], persist: false };

const cases: readonly Case[] = [
  { who: "root's largest plan", user: 0, definition: largestOfRoot, stage: 1, purpose: 'create' },
  { who: "a tenant's largest plan", user: 61_001, definition: largestOfTenant, stage: 0, purpose: 'create' },
  { who: "a run of a tenant's", user: 61_001, definition: { ...largestOfTenant, ...alone }, stage: 0, purpose: 'run' },
];

for (const { who, user, definition, stage, purpose } of cases)
  describe(`a call of the stage that fails, in ${who}`, () => {
    let machine: Machine;
    let helper: Helper;
    const tracer = new Tracer();
    before(async () => {
      machine = await Machine.start({ user });
      await tracer.attach(machine.pid);
      helper = await reachAs(user, machine.socket);
      await make();
      await machine.settle();
    });
    after(async () => {
      await tracer.stop();
      helper[Symbol.dispose]();
      await machine.stopClean();
    });

    async function make(): Promise<void> {
      if (purpose === 'run') await helper.request('sandbox/run', { definition });
      else await helper.request('sandbox/remove', { sandbox: (await helper.request('sandbox/create', { definition })).id });
    }

    async function failing({ call }: StageStep, errno: string): Promise<Failure | undefined> {
      await tracer.failStage(stage, call, errno);
      const failure = await failureOf(make());
      assert.ok(tracer.wasHit, 'the call came');
      return failure;
    }

    it('is named with its line, the call, the errno and the object, and undone; one that may fail is passed over', async () => {
      const all = await stageSteps(helper, tracer, definition, stage, make);
      assert.ok(all.length > 150, `${all.length} steps`);
      const steps = all.filter(({ text }) => purpose === 'create' || text === undefined);
      const wrong: unknown[] = [];
      for (let first = 0; first < steps.length; first += AT_A_TIME) {
        const some = steps.slice(first, first + AT_A_TIME);
        for (const step of some) {
          const failure = await failing(step, 'EIO');
          wrong.push(...(step.tolerated === 'all' ? complaintsOfTolerated(step, failure) : complaints(step, failure)));
        }
        await machine.requireClean().catch((error: unknown) => {
          wrong.push(`after lines ${some.map(({ line }) => line).join(', ')}: ${error}`);
        });
      }
      assert.deepEqual(wrong, []);
    });
  });

/** A later one may need what it would have made. */
const complaintsOfTolerated = ({ line }: StageStep, failure: Failure | undefined): unknown[] =>
  failure && (failure.step ?? 0) <= line ? [{ line, failure }] : [];

/** Every sandbox has an id of its own. */
const withoutId = (text: string | undefined): string | undefined => text?.replace(/\b[0-9a-f]{8}\b/g, 'ID');

/** What is not as it should be. Of a line that no plan shows only the call is known. */
function complaints({ line, name, text }: StageStep, failure: Failure | undefined): unknown[] {
  const { step, syscall, errno, subject } = failure ?? {};
  const isNamed = text === undefined ? subject?.startsWith(name) : withoutId(subject) === withoutId(text);
  return step === line && syscall === name && errno === 'EIO' && isNamed ? [] : [{ line, name, text, failure }];
}
