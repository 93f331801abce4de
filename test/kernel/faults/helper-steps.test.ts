import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { failureOf } from '../support/asking.ts';
import { largestOfRoot } from '../support/largest.ts';
import { Machine } from '../support/machine.ts';
import { type Calls, Tracer } from '../support/makers/tracer.ts';

/** A call of the helper's that fails, and the plan's line that it belongs to. */
interface Fault extends Calls {
  readonly line: RegExp;
  /** As the failure names it. */
  readonly call: string;
}

const opening = ['open', 'openat'];
const making = ['mkdir', 'mkdirat'];
const renaming = ['rename', 'renameat', 'renameat2'];
const open = (about: string, line: RegExp, after = 0): Fault => ({ names: opening, about, after, line, call: 'open' });
const record = /^helper {2}write the record .*\.json$/;
const maps = /write uid_map/;

const faultsOfLargest: readonly Fault[] = [
  open('.json.new', record),
  { names: renaming, about: '.json.new', line: record, call: 'rename' },
  { names: ['open_tree'], about: '/usr', line: /open_tree \/usr/, call: 'open_tree' },
  { names: ['mount_setattr'], about: '', line: /open_tree \/usr/, call: 'mount_setattr' },
  open('/timens_offsets', /write timens_offsets/),
  open('/setgroups', maps),
  // The first is that of the user namespace by which a mount's ids are mapped.
  open('/uid_map', /open_tree \/usr/),
  open('/uid_map', maps, 1),
  open('/gid_map', maps, 1),
  open('/ns/net', /RTM_NEWLINK veth/),
  open('.json.new', /stay as init/, 1),
  { names: renaming, about: '.json.new', after: 1, line: /stay as init/, call: 'rename' },
];

const pinned: DefinitionInput = { name: 'pinned', namespaces: ['net', 'uts', 'ipc', 'user'], init: 'none' };
const atUser = /mount the user namespace at/;

const faultsOfPinned: readonly Fault[] = [
  { names: ['mount'], about: '/namespaces/', line: /mount the .* namespace at/, call: 'mount' },
  { names: ['mount'], about: '/namespaces/', after: 1, line: /mount the .* namespace at/, call: 'mount' },
  open('/user', atUser),
  { names: ['mount'], about: '/user', line: atUser, call: 'mount' },
  open('.json.new', /^helper {2}write the record .*: ready$/, 1),
];

describe('a step of the helper that fails', () => {
  let machine: Machine;
  const tracer = new Tracer();
  before(async () => {
    machine = await Machine.start();
    await tracer.attach(machine.pid);
    for (const definition of [largestOfRoot, pinned]) await create(definition);
    await machine.settle();
  });
  afterEach(async () => {
    await tracer.forget();
    await machine.requireClean();
  });
  after(async () => {
    await tracer.stop();
    await machine.stop();
  });

  const create = async (definition: DefinitionInput): Promise<unknown> =>
    machine.call('sandbox/remove', { sandbox: (await machine.call('sandbox/create', { definition })).id });
  const linesOf = async (definition: DefinitionInput): Promise<readonly string[]> =>
    (await machine.call('sandbox/plan', { definition })).steps;

  async function fails(definition: DefinitionInput, { line, call, ...calls }: Fault): Promise<void> {
    await tracer.failHelper(calls, 'EIO');
    const failure = await failureOf(create(definition));
    assert.ok(tracer.wasHit, `${call} of ${calls.about} came`);
    assert.ok(failure, `${call} of ${calls.about} was missed`);
    const { step = 0, syscall, errno } = failure;
    const named = (await linesOf(definition))[step - 1] ?? `no line, but ${failure.message}`;
    assert.match(named, line);
    assert.deepEqual({ syscall, errno }, { syscall: call, errno: 'EIO' });
  }

  for (const fault of faultsOfLargest) it(`${fault.call} ${fault.about} for ${fault.line.source}`, () => fails(largestOfRoot, fault));

  for (const fault of faultsOfPinned)
    it(`${fault.call} ${fault.about} for ${fault.line.source}, without a process`, () => fails(pinned, fault));

  it('each of the groups of version 2', async () => {
    const lines = await linesOf(largestOfRoot);
    const own = lines.filter(line => line.startsWith('helper  mkdir('));
    for (const after of own.keys()) {
      await tracer.failHelper({ names: making, about: '/burrow', after }, 'EIO');
      const failure = await failureOf(create(largestOfRoot));
      assert.deepEqual([failure?.step, failure?.syscall, failure?.errno], [lines.indexOf(own[after] ?? '') + 1, 'mkdir', 'EIO']);
    }
  });

  it('each request to the kernel for a link or an address', async () => {
    const failures: Failure[] = [];
    const garbled = async (after: number, message: number): Promise<Failure | undefined> => {
      await tracer.garbleHelper({ names: ['sendto'], about: '', after }, message);
      return failureOf(create(largestOfRoot));
    };
    for (let send = 0, isOver = false; !isOver; send++) {
      isOver = true;
      for (let message = 0; message < 3; message++) {
        const failure = await garbled(send, message);
        if (!tracer.wasHit) break;
        isOver = false;
        if (failure?.step === undefined) {
          await machine.requireClean();
          break; // a question before there is a plan, or the removal of the link
        }
        if (!failures.some(({ step }) => step === failure.step)) failures.push(failure);
      }
    }
    const requests = (await linesOf(largestOfRoot)).flatMap((line, index) => {
      const [, call = ''] = /^helper {2}(RTM_\w+) /.exec(line) ?? [];
      return call === '' ? [] : [{ step: index + 1, syscall: call, errno: 'EOPNOTSUPP' }];
    });
    const named = failures.map(({ step, syscall, errno }) => ({ step: step ?? 0, syscall, errno }));
    assert.deepEqual(
      named.sort((a, b) => a.step - b.step),
      requests,
    );
  });

  it('the start of the stage', async () => {
    const plain: DefinitionInput = { name: 'plain' };
    for (const names of [['socketpair'], ['clone3', 'clone', 'vfork']]) {
      await create(plain);
      // With one that waits there is nothing to start.
      const spare = await machine.spare();
      process.kill(spare, 'SIGKILL');
      await eventually('its end', () => !isAlive(spare));
      await tracer.failHelper({ names, about: '' }, 'EAGAIN');
      const failure = await failureOf(create(plain));
      assert.equal(failure?.errno, 'EAGAIN', names[0]);
    }
  });
});
