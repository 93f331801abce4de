import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Helper } from '../../../helper/client/connect.ts';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { failureOf } from '../support/asking.ts';
import { Machine } from '../support/machine.ts';
import { Tracer } from '../support/makers/tracer.ts';

const web: DefinitionInput = { name: 'web', limits: { memory: '64M' } };
/** In the midst of a plan: the groups are made, and the namespaces are on their way. */
const MIDDLE = 60;

describe('sandboxes and what happens meanwhile', () => {
  let machine: Machine;
  const tracer = new Tracer();
  const names = async (): Promise<string[]> => (await machine.call('sandbox/list', {})).sandboxes.map(({ name }) => name);

  before(async () => {
    machine = await Machine.start();
    await machine.call('sandbox/remove', { sandbox: (await machine.call('sandbox/create', { definition: web })).id });
    await machine.call('sandbox/run', { definition: { ...web, command: ['/bin/true'] } });
    (await Helper.reach(machine.socket))[Symbol.dispose]();
    await machine.settle();
    await tracer.attach(machine.pid);
  });
  afterEach(async () => {
    await tracer.forget();
    await tracer.release();
    await machine.requireClean();
  });
  after(async () => {
    await tracer.stop();
    await machine.stop();
  });

  it('one name is made and removed at once, again and again', async () => {
    for (let round = 0; round < 20; round++) {
      const [made] = await Promise.all([
        failureOf(machine.call('sandbox/create', { definition: web })),
        machine.call('sandbox/remove', { sandbox: 'web' }),
        machine.call('sandbox/remove', { sandbox: 'web' }),
      ]);
      assert.ok(made === undefined || made.kind === 'taken', made?.message);
      if (round % 2 === 0) await machine.call('sandbox/remove', { sandbox: 'web' });
    }
  });

  it('what is half made is not there to be removed, and is finished', async () => {
    await tracer.holdStage(0, MIDDLE);
    const made = machine.call('sandbox/create', { definition: web });
    await tracer.hit();
    await machine.call('sandbox/remove', { sandbox: 'web' });
    assert.equal((await failureOf(machine.call('sandbox/create', { definition: web })))?.kind, 'taken');
    await tracer.release();
    const { name } = await made;
    assert.deepEqual(await names(), [name]);
  });

  it('the process of a half made one is killed', async () => {
    await tracer.holdStage(0, MIDDLE);
    const made = failureOf(machine.call('sandbox/create', { definition: web }));
    const pid = await tracer.hit();
    process.kill(pid, 'SIGKILL');
    const failure = await made;
    assert.equal(failure?.kind, 'system', JSON.stringify(failure));
    assert.deepEqual(await names(), []);
  });

  const leaving: readonly (readonly [string, boolean, (helper: Helper) => Promise<unknown>])[] = [
    ['one that persists', true, helper => helper.request('sandbox/create', { definition: web })],
    ['one that does not', false, helper => helper.request('sandbox/create', { definition: { ...web, persist: false } })],
    ['a run', false, helper => helper.request('sandbox/run', { definition: { ...web, command: ['sleep', '1000'] } })],
  ];
  for (const [what, stays, ask] of leaving)
    it(`the client leaves while ${what} is made for it`, async () => {
      const helper = await Helper.reach(machine.socket);
      await tracer.holdStage(0, MIDDLE);
      ask(helper).catch(() => undefined);
      const pid = await tracer.hit();
      helper[Symbol.dispose]();
      await machine.call('sandbox/list', {});
      await tracer.release();
      if (stays) await eventually('the sandbox', async () => (await names()).length === 1);
      else
        await eventually(
          'the end of all',
          async () => !isAlive(pid) && (await failureOf(machine.call('sandbox/create', { definition: web }))) === undefined,
        );
    });

  if (process.env['BURROW_FAULTS'] === 'all')
    it('the client leaves while runs with streams are made for it, which nobody fetches then', async () => {
      const pids: number[] = [];
      for (const size of [undefined, { columns: 80, rows: 24 }]) {
        const helper = await Helper.reach(machine.socket);
        await tracer.holdStage(0, MIDDLE);
        const definition = { ...web, name: `web-${pids.length}`, command: ['sleep', '1000'] };
        helper.request('sandbox/open', { definition, ...(size && { size }) }).catch(() => undefined);
        pids.push(await tracer.hit());
        helper[Symbol.dispose]();
      }
      await machine.call('sandbox/list', {});
      await tracer.release();
      await eventually('the end of both', () => pids.every(pid => !isAlive(pid)));
      // A token is good for ten seconds.
      await eventually('the end of the streams', () =>
        machine.requireClean().then(
          () => true,
          () => false,
        ),
      );
    });

  it('two helpers make and remove at the same time', async () => {
    const other = await Machine.start();
    try {
      const loop = async ({ call }: { call: Machine['call'] }, name: string): Promise<void> => {
        for (let round = 0; round < 25; round++) {
          await call('sandbox/create', { definition: { ...web, name } });
          await call('sandbox/remove', { sandbox: name });
        }
      };
      const own = { call: machine.call.bind(machine) };
      const theirs = { call: other.call.bind(other) };
      await Promise.all([loop(own, 'own'), loop(own, 'second'), loop(theirs, 'theirs'), loop(theirs, 'own')]);
      await other.requireClean();
    } finally {
      await other.stop();
    }
  });

  it('the helper is told to stop while one is made', async () => {
    await tracer.holdStage(0, MIDDLE);
    const made = failureOf(machine.call('sandbox/create', { definition: web })).catch(() => undefined);
    const pid = await tracer.hit();
    const helper = machine.pid;
    await machine.call('helper/stop', {});
    await eventually('the end of the helper', () => !isAlive(helper));
    await made;
    await machine.startHelper();
    await tracer.attach(machine.pid);
    await tracer.release();
    await eventually('the end of the process', () => !isAlive(pid));
    assert.deepEqual(await names(), []);
  });
});
