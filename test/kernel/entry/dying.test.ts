// A target that dies at any step of entering it.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Failure } from '../../../helper/protocol/failure.ts';
import type { Result } from '../../../helper/protocol/methods.ts';
import { failureOf } from '../support/asking.ts';
import { Machine } from '../support/machine.ts';
import { Keepers } from '../support/makers/keeper.ts';
import { Tracer } from '../support/makers/tracer.ts';

/** To look whether anything is left takes longer than to die; so it is done after so many. */
const AT_A_TIME = 16;
/** Every second call, unless all are asked for. */
const STRIDE = process.env['BURROW_FAULTS'] === 'all' ? 1 : 2;

describe('a target that dies', () => {
  let machine: Machine;
  const keepers = new Keepers();
  const tracer = new Tracer();
  before(async () => {
    machine = await Machine.start();
    await tracer.attach(machine.pid);
  });
  afterEach(async () => {
    await tracer.forget();
    await tracer.release();
    await keepers.stop();
    await machine.requireClean();
  });
  after(async () => {
    await tracer.stop();
    await machine.stop();
  });

  /** The first process of a pid namespace: with it goes all that is in there. */
  async function init(): Promise<number> {
    const parent = await keepers.start();
    const outer = await parent.child();
    await outer.do('unshare', 'uts', 'ipc', 'net', 'mnt', 'cgroup', 'pid');
    return (await outer.child()).pid;
  }

  interface Outcome {
    readonly failure: Failure | undefined;
    readonly result: Result<'process/run'> | undefined;
  }

  async function enter(pid: number, how: object): Promise<Outcome> {
    let result: Outcome['result'];
    const asked = machine.call('process/run', { target: { pid }, command: ['true'], ...how });
    const failure = await failureOf(
      asked.then(got => {
        result = got;
      }),
    );
    return { failure, result };
  }

  const variants: Readonly<Record<string, object>> = { 'as itself': {}, 'with the host’s tools': { tools: '/' } };
  for (const [title, how] of Object.entries(variants))
    it(`at any call of the stage is entered before, or is gone: ${title}`, async () => {
      const first = await init();
      const calls = await tracer.record(0, () => enter(first, how));
      assert.ok(calls.length > 20, `${calls.length} calls`);
      await keepers.stop();
      const wrong: unknown[] = [];
      const outcomes = new Set<string>();
      const chosen = [...calls.keys()].filter(call => call % STRIDE === 0 || call === calls.length - 1);
      for (const [index, call] of chosen.entries()) {
        const pid = await init();
        await tracer.holdStage(0, call);
        const asked = enter(pid, how);
        const wasHit = await Promise.race([tracer.hit().then(() => true), asked.then(() => false)]);
        if (!wasHit) wrong.push({ call, is: 'not reached', ...(await asked) });
        process.kill(pid, 'SIGKILL');
        await tracer.release();
        const { failure, result } = await asked;
        const isNamed =
          failure !== undefined && (failure.kind === 'gone' || (failure.syscall !== undefined && failure.errno !== undefined));
        const isDone = result !== undefined && (result.exitCode === 0 || result.signal === 'SIGKILL');
        if (!isNamed && !isDone) wrong.push({ call, name: calls[call]?.name, failure, result });
        outcomes.add(failure?.kind ?? result?.signal ?? 'ran');
        await tracer.forget();
        await keepers.stop();
        if (index % AT_A_TIME === 0) await machine.requireClean().catch((error: unknown) => wrong.push(`after call ${call}: ${error}`));
      }
      assert.deepEqual(wrong, []);
      assert.ok(outcomes.has('gone'), [...outcomes].join(', '));
    });
});
