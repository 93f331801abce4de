// A target that dies at any step of entering it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { failureOf } from '../support/asking.ts';
import { Terminal } from '../support/terminal.ts';
import { traced } from '../support/traced.ts';

/** To look whether anything is left takes longer than to die; so it is done after so many. */
const AT_A_TIME = 16;

describe('a target that dies', () => {
  const scene = traced();
  const { keepers, tracer } = scene;

  /** The first process of a pid namespace: with it goes all that is in there. */
  async function init(): Promise<number> {
    const parent = await keepers.start();
    const outer = await parent.child();
    await outer.becomeRootOfItsOwn();
    await outer.do('unshare', 'uts', 'ipc', 'net', 'mnt', 'cgroup', 'pid');
    return (await outer.child()).pid;
  }

  interface Outcome {
    readonly failure: Failure | undefined;
    readonly ending: { readonly exitCode?: number | undefined; readonly signal?: string | undefined } | undefined;
  }

  async function outcomeOf(entering: Promise<Outcome['ending']>): Promise<Outcome> {
    let ending: Outcome['ending'];
    const failure = await failureOf(
      entering.then(got => {
        ending = got;
      }),
    );
    return { failure, ending };
  }

  const command = ['true'];
  const ways: Readonly<Record<string, (pid: number) => Promise<Outcome['ending']>>> = {
    'in its place': pid => scene.machine.call('process/run', { target: { pid }, command }),
    'in a terminal': async pid => (await Terminal.open(scene.machine, { target: { pid }, command })).ended,
    'with the programs of the host': pid => scene.machine.call('process/run', { target: { pid, types: ['pid', 'net'] }, command }),
    'with the host’s tools': pid => scene.machine.call('process/run', { target: { pid }, tools: '/', command }),
  };

  for (const [title, enter] of Object.entries(ways))
    it(`at any call of the stage is entered before, or is gone: ${title}`, async context => {
      const first = await init();
      const calls = await tracer.record(0, () => enter(first));
      assert.ok(calls.length > 20, `${calls.length} calls`);
      await keepers.stop();
      const wrong: unknown[] = [];
      const outcomes = new Set<string>();
      for (const [call, { name }] of calls.entries()) {
        const pid = await init();
        await tracer.holdStage(0, call);
        const asked = outcomeOf(enter(pid));
        const wasHit = await Promise.race([tracer.hit().then(() => true), asked.then(() => false)]);
        if (!wasHit) wrong.push({ call, is: 'not reached', ...(await asked) });
        process.kill(pid, 'SIGKILL');
        await eventually('its end', () => !isAlive(pid));
        await tracer.release();
        const { failure, ending } = await asked;
        const isNamed =
          failure !== undefined && (failure.kind === 'gone' || (failure.syscall !== undefined && failure.errno !== undefined));
        const isDone = ending !== undefined && (ending.exitCode === 0 || ending.signal === 'SIGKILL');
        if (!isNamed && !isDone) wrong.push({ call, name, failure, ending });
        outcomes.add(failure?.kind ?? ending?.signal ?? 'ran');
        await tracer.forget();
        await keepers.stop();
        if (call % AT_A_TIME === 0)
          await scene.machine.requireClean().catch((error: unknown) => wrong.push(`after call ${call}: ${error}`));
      }
      context.diagnostic(`${calls.length} calls: ${[...outcomes].join(', ')}`);
      assert.deepEqual(wrong, []);
      assert.ok(outcomes.has('gone'), [...outcomes].join(', '));
    });
});
