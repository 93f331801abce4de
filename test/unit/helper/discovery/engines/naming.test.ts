import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Naming } from '../../../../../helper/discovery/engines/naming.ts';
import { Gaps } from '../../../../../helper/discovery/gaps.ts';
import type { Process } from '../../../../../helper/protocol/model.ts';
import { eventually } from '../../../../support/eventually.ts';
import { exampleProcess } from './example.ts';

/** Higher than any pid that the kernel gives, so that nothing of it can be read: what is known is known by the parent. */
const PIDS = 0x7000_0000;
const monitor = exampleProcess({ pid: PIDS, command: '[lxc monitor] /var/lib/lxc web', namespaces: { mnt: 5 }, pids: [PIDS] });
const init = (over: Partial<Process> = {}) => exampleProcess({ pid: PIDS + 1, parent: PIDS, pids: [PIDS + 1, 1], ...over });

describe('Naming', () => {
  const processes = new Map<number, Process>();
  let naming: Naming;
  let learnt = 0;
  beforeEach(() => {
    learnt = 0;
    naming = new Naming(() => {
      learnt++;
    });
    processes.clear();
    processes.set(monitor.pid, monitor).set(PIDS + 1, init());
  });
  afterEach(() => naming.dispose());

  const find = (...changed: readonly number[]) => naming.find({ processes, changed: new Set(changed) }, new Gaps());
  const findAll = () => naming.find({ processes, changed: undefined }, new Gaps());
  const named = (list: ReturnType<typeof findAll>) => list.map(({ name, pid }) => [name, pid]);

  it('gives the same list for as long as nothing is different', () => {
    const first = findAll();
    assert.deepEqual(named(first), [['web', PIDS + 1]]);
    assert.equal(find(), first);
    assert.equal(find(PIDS), first);
    assert.equal(findAll(), first);
  });

  it('finds what has changed, and only that', () => {
    processes.delete(PIDS + 1);
    assert.deepEqual(findAll(), []);
    processes.set(PIDS + 1, init());
    assert.deepEqual(find(PIDS), []);
    assert.deepEqual(named(find(PIDS + 1)), [['web', PIDS + 1]]);
  });

  for (const [what, look] of [
    ['told so', () => find(PIDS + 1)],
    ['everything may be different', findAll],
  ] as const)
    it(`forgets what has ended, when ${what}`, () => {
      findAll();
      processes.delete(PIDS + 1);
      assert.deepEqual(look(), []);
    });

  it('takes nothing for what another process with its number was', () => {
    findAll();
    processes.set(PIDS + 1, exampleProcess({ pid: PIDS + 1, parent: 1, start: 8, pids: [PIDS + 1, 1] }));
    assert.deepEqual(findAll(), []);
  });

  it('keeps a container whose monitor has ended', () => {
    const first = findAll();
    processes.delete(PIDS);
    processes.set(PIDS + 1, init({ parent: 1 }));
    assert.equal(find(PIDS, PIDS + 1), first);
    assert.equal(findAll(), first);
  });

  it('takes no process that shares its parent’s files for an init', () => {
    processes.set(PIDS + 1, init({ namespaces: { mnt: 5 } }));
    assert.deepEqual(findAll(), []);
  });

  it('looks first at what is a container’s init in all likelihood, and at very many others later', async () => {
    const last = PIDS + 3000;
    processes.delete(PIDS + 1);
    for (let pid = PIDS + 1; pid < last; pid++)
      processes.set(pid, exampleProcess({ pid, parent: 1, pids: [pid, 1], namespaces: { mnt: pid } }));
    processes.set(last, init({ pid: last, pids: [last, 1] }));
    assert.deepEqual(named(findAll()), [['web', last]]);
    // One of the crowd turns out to be an init: its parent is a monitor by now.
    processes.set(last - 1, init({ pid: last - 1, parent: PIDS - 1, pids: [last - 1, 1] }));
    processes.set(PIDS - 1, { ...monitor, pid: PIDS - 1, command: '[lxc monitor] /var/lib/lxc db' });
    findAll();
    await eventually('the other one', () => learnt > 0);
    assert.deepEqual(named(find()), [
      ['web', last],
      ['db', last - 1],
    ]);
  });
});
