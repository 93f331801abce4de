import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { archive, member } from '../../support/tar.ts';
import { Machine } from '../support/machine.ts';
import { type Calls, Tracer } from '../support/makers/tracer.ts';

const folder = `/run/burrow-kernel-${process.pid}-archive`;

/** A helper takes its time to start: so it is killed at every thirteenth call, unless all are asked for. */
const STRIDE = process.env['BURROW_FAULTS'] === 'all' ? 1 : 13;

const limited: DefinitionInput = { name: 'limited', limits: { memory: '64M', processes: 50 } };
const pinned: DefinitionInput = { name: 'pinned', namespaces: ['net', 'uts', 'user'], init: 'none' };
const unpacked: DefinitionInput = { name: 'unpacked', root: { archive: `${folder}/root.tar` }, network: 'none' };

/** Calls that change the machine. Those of one helper come in one order, so that they can be counted. */
const changing = ['mkdir', 'mkdirat', 'rename', 'renameat', 'mount', 'sendto', 'clone3', 'vfork'];
const removing = ['pidfd_send_signal', 'rmdir', 'unlink', 'unlinkat', 'umount2', 'sendto'];

describe('the helper is killed at one of its own calls', () => {
  let machine: Machine;
  const tracer = new Tracer();
  before(async () => {
    mkdirSync(folder);
    const files = Array.from({ length: 20 }, (_, index) => member({ name: `etc/${index}`, contents: 'x' }));
    const directories = ['etc', 'proc', 'sys', 'dev', 'run', 'tmp'].map(name => member({ name: `${name}/`, type: '5', mode: 0o755 }));
    writeFileSync(`${folder}/root.tar`, archive(...directories, ...files));
    machine = await Machine.start();
    for (const definition of [limited, pinned, unpacked])
      await machine.call('sandbox/remove', { sandbox: (await machine.call('sandbox/create', { definition })).id });
    await machine.settle();
    await tracer.attach(machine.pid);
  });
  afterEach(async () => {
    await tracer.forget();
    await machine.requireClean();
  });
  after(async () => {
    await tracer.stop();
    await machine.stop();
    rmSync(folder, { recursive: true });
  });

  /** @returns false when there was no such call, and the work was done */
  async function killedAt(calls: Calls, work: () => Promise<unknown>): Promise<boolean> {
    await tracer.holdHelper(calls);
    const done = work().then(
      () => false,
      () => false,
    );
    const wasHit = await Promise.race([tracer.hit().then(() => true), done]);
    if (!wasHit) {
      // What comes next may have such a call.
      await tracer.forget();
      await tracer.release();
      return false;
    }
    await machine.kill();
    await done;
    await machine.startHelper();
    await tracer.attach(machine.pid);
    return true;
  }

  /** At the first call, a later one, and so on to the last. @returns how many times */
  async function killedAtEach(names: readonly string[], work: () => Promise<unknown>, then: () => Promise<void>): Promise<number> {
    for (let times = 0; ; times++) {
      const isOver = !(await killedAt({ names, about: '', after: times * STRIDE }, work));
      await then();
      if (isOver) return times;
    }
  }

  const names = async (): Promise<string[]> => (await machine.call('sandbox/list', {})).sandboxes.map(({ name }) => name);

  for (const definition of [limited, pinned, unpacked]) {
    it(`while it makes one that is ${definition.name}: nothing is left, or all of it`, async () => {
      const count = await killedAtEach(
        changing,
        () => machine.call('sandbox/create', { definition }),
        async () => {
          await machine.call('sandbox/remove', { sandbox: definition.name });
          await machine.requireClean();
        },
      );
      assert.ok(count > 0, 'it came to a call');
    });

    it(`while it removes one that is ${definition.name}: what is left the next one removes`, async () => {
      await machine.call('sandbox/create', { definition });
      const count = await killedAtEach(
        removing,
        () => machine.call('sandbox/remove', { sandbox: definition.name }),
        async () => {
          if (!(await names()).includes(definition.name)) {
            await machine.requireClean();
            await machine.call('sandbox/create', { definition });
          }
        },
      );
      assert.ok(count > 0, 'it came to a call');
    });
  }

  it('while an archive is unpacked', async () => {
    const about = '/var/lib/burrow';
    assert.ok(await killedAt({ names: ['write'], about, after: 5 }, () => machine.call('sandbox/create', { definition: unpacked })));
    assert.deepEqual(await names(), []);
    await machine.requireClean();
    assert.equal(machine.run('sh', '-c', `ls ${about}/*burrow-kernel-${process.pid}-* 2>/dev/null || true`), '');
  });
});
