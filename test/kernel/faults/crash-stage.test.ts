import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { reachAs } from '../support/asking.ts';
import { largestOfRoot, largestOfTenant } from '../support/largest.ts';
import { Machine } from '../support/machine.ts';
import { Tracer } from '../support/makers/tracer.ts';

/** A stage that stands still is given up by its helper after ten seconds; so many can be brought to a stand before that. */
const AT_A_TIME = 40;
/** Which calls: every eighth, unless all are asked for; and those at the end, where the sandbox becomes one that lives on. */
const STRIDE = process.env['BURROW_FAULTS'] === 'all' ? 1 : 8;
const LAST = 6;

interface Case {
  readonly who: string;
  readonly user: number;
  readonly definition: DefinitionInput;
  readonly stage: number;
  /** Does the stage stand still until the next helper has started? */
  readonly lasting: boolean;
}

const cases: readonly Case[] = [
  { who: "root's, and goes on while the next helper runs", user: 0, definition: largestOfRoot, stage: 1, lasting: true },
  { who: "a tenant's, and goes on while the next helper runs", user: 61_001, definition: largestOfTenant, stage: 0, lasting: true },
  { who: "a tenant's, and goes on before the next helper starts", user: 61_001, definition: largestOfTenant, stage: 0, lasting: false },
];

for (const { who, user, definition, stage, lasting } of cases)
  describe(`the helper is killed while the stage stands at any of its calls: ${who}`, () => {
    let machine: Machine;
    const tracer = new Tracer();
    before(async () => {
      machine = await Machine.start({ user });
      await tracer.attach(machine.pid);
    });
    after(async () => {
      await tracer.stop();
      await machine.stopClean();
    });

    /** Processes that stand at these calls of their stages, each of a sandbox of its own. */
    async function standing(calls: readonly number[]): Promise<number[]> {
      using helper = await reachAs(user, machine.socket);
      const pids: number[] = [];
      for (const call of calls) {
        await tracer.holdStage(stage, call);
        // Those of one tenant share a user namespace, and so have other calls.
        const users = user === 0 ? undefined : { tenant: call };
        const asked = helper.request('sandbox/create', { definition: { ...definition, ...(users && { users }), name: `at-${call}` } });
        const early = asked.then(
          () => Promise.reject(new Error(`call ${call} did not come`)),
          (error: unknown) => Promise.reject(error),
        );
        pids.push(await Promise.race([tracer.hit(), early]));
        early.catch(() => undefined); // the helper is killed
      }
      return pids;
    }

    it('what was half made is gone, and what was finished lives on', async () => {
      const calls = await tracer.record(stage, async () =>
        machine.call('sandbox/remove', { sandbox: (await machine.create(definition)).id }),
      );
      await machine.settle();
      const wrong: string[] = [];
      let adopted = 0;
      const chosen = [...calls.keys()].filter(call => call % STRIDE === 0 || call >= calls.length - LAST);
      for (let first = 0; first < chosen.length; first += AT_A_TIME) {
        const some = chosen.slice(first, first + AT_A_TIME);
        const pids = await standing(some);
        await machine.kill();
        if (!lasting) await tracer.release();
        await machine.startHelper();
        await tracer.attach(machine.pid);
        await tracer.release();
        const { sandboxes } = await machine.call('sandbox/list', {});
        for (const { name, pid } of sandboxes) {
          adopted++;
          const { stdout } = await machine.call('process/run', { target: { sandbox: name }, command: ['hostname'] });
          if (stdout !== 'db.test\n' || !pids.includes(pid ?? 0)) wrong.push(`${name}: ${stdout}`);
        }
        const kept = new Set(sandboxes.map(({ pid }) => pid));
        await eventually('the end of the rest', () => pids.every(pid => kept.has(pid) || !isAlive(pid))).catch(() => {
          wrong.push(`alive: ${some.filter((_, index) => !kept.has(pids[index]) && isAlive(pids[index] ?? 0)).join(', ')}`);
        });
        await machine.requireClean().catch((error: unknown) => {
          wrong.push(`calls ${some[0]} to ${some.at(-1)}: ${error}`);
        });
      }
      assert.deepEqual(wrong, []);
      assert.ok(adopted > 0, 'one that was finished');
    });
  });
