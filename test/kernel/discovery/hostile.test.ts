// Processes that mean to confuse whoever reads of them, and numbers that are given a second time.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Namespace, NamespaceReference, Process, Snapshot } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { findIn, keyOf, setScene } from '../support/discovery.ts';
import { compiled } from '../support/makers/compile.ts';

const hostile = {
  'a line break': 'init\n812 (root) S 1',
  'an escape sequence': '\u001b]0;owned\u0007\u001b[2J',
  Markdown: '[click](command:x) **b** `c` <img>',
  'a parenthesis': ') S 1 1 (',
  'text from right to left': '\u202egnp.exe',
  nothing: '',
} as const;

describe('a process with a hostile name', () => {
  const scene = setScene();

  for (const [what, name] of Object.entries(hostile))
    it(`keeps it, and its namespace: ${what}`, async () => {
      const keeper = await scene.keepers.start(name);
      const comm = Buffer.from(name).subarray(0, 15).toString();
      await keeper.do('rename', comm);
      await keeper.do('unshare', 'uts');
      await scene.holdersAre(keyOf(keeper.pid, 'uts'), { processes: 1, oldest: keeper.pid });
      const found = await scene.process(keeper.pid);
      assert.deepEqual([found.name, found.command, found.parent], [comm, name.trimEnd(), process.pid]);
    });

  for (const length of [4095, 4096, 5000, 100_000])
    it(`is cut at 4,096 bytes: ${length} bytes`, async () => {
      const keeper = await scene.keepers.start('x'.repeat(length));
      assert.equal((await scene.process(keeper.pid)).command, 'x'.repeat(Math.min(length, 4096)));
    });

  it('is text also where it is cut inside a character', async () => {
    const keeper = await scene.keepers.start(`x${'é'.repeat(3000)}`);
    const { command } = await scene.process(keeper.pid);
    assert.ok(command.startsWith(`x${'é'.repeat(2047)}`), command.slice(-4));
    assert.ok(command.length <= 2049, `${command.length}`);
  });
});

describe('a number that is given a second time', () => {
  const scene = setScene();

  const startOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]);
  const ask = { command: ['true'] };

  it('is another process for whoever knows the first one’s start', async () => {
    const keeper = await scene.keepers.start();
    const first = await keeper.child();
    const stale = await scene.process(first.pid);
    await first.end();
    // The kernel tells starts apart by ticks, of which there are a hundred a second.
    const { second, fresh } = await eventually('a later start', async () => {
      // The number may be in use for a moment longer.
      const child = await keeper.child(stale.pid).catch(() => undefined);
      if (!child) return undefined;
      if (startOf(child.pid) !== stale.start) return { second: child, fresh: await scene.process(child.pid) };
      await child.end();
      return undefined;
    });
    assert.equal(second.pid, stale.pid);
    assert.notEqual(fresh.start, stale.start);

    const targetOf = ({ pid, start }: Process) => ({ pid, start });
    const { kind } = await scene.machine.failure('process/run', { target: targetOf(stale), ...ask });
    assert.equal(kind, 'gone');
    const opened = await scene.machine.failure('terminal/open', { target: targetOf(stale), size: { columns: 80, rows: 24 } });
    assert.equal(opened.kind, 'gone');
    assert.equal((await scene.machine.call('process/run', { target: targetOf(fresh), ...ask })).exitCode, 0);
  });

  /** Two namespaces with one inode, of which only the second is alive; `holdElsewise` lets the first one's process end before. */
  async function giveAgain(holdElsewise: boolean): Promise<{ stale: Namespace; fresh: Namespace }> {
    const keeper = await scene.keepers.start();
    return eventually('an inode given again', async () => {
      const [first, second] = [await keeper.child(), await keeper.child()];
      await first.do('unshare', 'uts');
      const key = keyOf(first.pid, 'uts');
      const fd = await keeper.do('open', `/proc/${first.pid}/ns/uts`);
      if (holdElsewise) await first.end();
      else await keeper.do('close', fd);
      const stale = findIn(await scene.snapshot(), key);
      if (holdElsewise) await keeper.do('close', fd);
      else await first.end();
      await second.do('unshare', 'uts');
      const fresh = findIn(await scene.snapshot(), keyOf(second.pid, 'uts'));
      if (stale && fresh && stale.inode === fresh.inode) return { stale, fresh };
      await second.end();
      return undefined;
    });
  }

  for (const holdElsewise of [false, true])
    it(`is another namespace for whoever knows the first one’s id, which ${holdElsewise ? 'a descriptor' : 'a process'} held`, async context => {
      const { namespaces } = await scene.snapshot();
      if (namespaces.every(each => each.id === undefined))
        return context.skip('this kernel numbers no namespaces: NS_GET_ID is of Linux 6.18');
      const { stale, fresh } = await giveAgain(holdElsewise);
      assert.notEqual(fresh.id, stale.id);

      const reference = ({ type, inode, id }: NamespaceReference) => ({ type, inode, ...(id !== undefined && { id }) });
      const refusals = [
        await scene.machine.failure('namespaces/inspect', reference(stale)),
        await scene.machine.failure('process/run', { target: { namespaces: [reference(stale)] }, ...ask }),
      ];
      assert.deepEqual(
        refusals.map(({ kind }) => kind),
        ['gone', 'gone'],
      );
      const { namespace } = await scene.machine.call('namespaces/inspect', reference(fresh));
      assert.equal(namespace.id, fresh.id);
      assert.equal((await scene.machine.call('process/run', { target: { namespaces: [reference(fresh)] }, ...ask })).exitCode, 0);
    });
});

describe('what ends while it is read', () => {
  const scene = setScene();

  it('is no gap', async () => {
    const gaps = ({ gaps }: Snapshot): string[] => gaps.map(each => each.reason);
    const before = new Set(gaps(await scene.snapshot()));
    const storm = spawn(compiled('storm'), ['3000', '3'], { stdio: 'ignore' });
    const over = once(storm, 'exit');
    const fresh: string[] = [];
    let looks = 0;
    while (storm.exitCode === null) {
      fresh.push(...gaps(await scene.snapshot()).filter(each => !before.has(each)));
      looks++;
    }
    await over;
    assert.deepEqual([...new Set(fresh)], []);
    assert.ok(looks > 2, `${looks} looks`);
  });
});
