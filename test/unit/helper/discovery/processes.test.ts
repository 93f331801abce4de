import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Namespaces } from '../../../../helper/discovery/namespaces.ts';
import { Processes } from '../../../../helper/discovery/processes.ts';
import { RECORD_WORDS, Sighting } from '../../../../helper/walker/sighting.ts';

/** A record of walk.c: the eight inodes in the order of the model, then those of a next child. */
function sighting(pid: number, inodes: readonly number[], { error = 0, identity = 1 } = {}): Sighting {
  const words = new Uint32Array(RECORD_WORDS);
  words.set([pid, error, identity, 0, ...inodes]);
  return new Sighting(words).at(0);
}

const ESRCH = 3;
const host = [10, 11, 12, 13, 14, 15, 16, 17, 12, 17];

describe('the processes that are known', () => {
  let namespaces: Namespaces;
  let processes: Processes;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    namespaces = new Namespaces(() => false);
    processes = new Processes(namespaces);
  });

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  /** What is known of a process besides its namespaces is read from /proc, so it must be there. */
  async function start(): Promise<number> {
    const child = spawn('sleep', ['infinity'], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    return child.pid ?? 0;
  }

  const holders = (type: 'net' | 'pid' | 'time', inode: number) => namespaces.find({ type, inode })?.describe(false).holders;

  it('hold the namespaces that they are in', async () => {
    const [first, second] = [await start(), await start()];
    processes.see(sighting(first, host), false);
    processes.see(sighting(second, host), false);
    assert.equal(holders('net', 10)?.processes, 2);
    assert.equal(holders('net', 10)?.oldest, first);
  });

  it('leave the namespace that they were in', async () => {
    const pid = await start();
    processes.see(sighting(pid, host), false);
    processes.see(sighting(pid, [99, ...host.slice(1)]), false);
    assert.equal(namespaces.find({ type: 'net', inode: 10 }), undefined);
    assert.equal(holders('net', 99)?.oldest, pid);
  });

  it('find the oldest of those that stay', async () => {
    const pids = [await start(), await start(), await start()];
    for (const pid of pids) processes.see(sighting(pid, host), false);
    processes.see(sighting(pids[0] ?? 0, [], { error: ESRCH }), false);
    processes.findOldest();
    assert.equal(holders('net', 10)?.processes, 2);
    assert.equal(holders('net', 10)?.oldest, pids[1]);
  });

  it('hold where their next child will be, when that is elsewhere', async () => {
    const pid = await start();
    processes.see(sighting(pid, [...host.slice(0, 8), 12, 77]), false);
    assert.deepEqual(processes.known.get(pid)?.forChildren, { time: 77 });
    assert.deepEqual(holders('time', 77)?.pending, [pid]);
    processes.see(sighting(pid, host), false);
    assert.equal(namespaces.find({ type: 'time', inode: 77 }), undefined);
  });

  it('end when a round does not find them', async () => {
    const [stays, ends] = [await start(), await start()];
    processes.see(sighting(stays, host), false);
    processes.see(sighting(ends, host), false);
    processes.takeChanges();
    processes.beginRound();
    processes.see(sighting(stays, host), false);
    processes.endRound();
    assert.deepEqual([...processes.known.keys()], [stays]);
    assert.deepEqual(processes.takeChanges().removed, [ends]);
  });

  it('are told as new, then as changed, then as gone', async () => {
    const pid = await start();
    const told = () => {
      const { added, changed, removed } = processes.takeChanges();
      return [added.map(each => each.pid), changed.map(each => each.pid), removed];
    };
    processes.see(sighting(pid, host), false);
    assert.deepEqual(told(), [[pid], [], []]);
    processes.see(sighting(pid, host), false);
    assert.deepEqual(told(), [[], [], []]);
    processes.see(sighting(pid, [99, ...host.slice(1)]), false);
    assert.deepEqual(told(), [[], [pid], []]);
    processes.remove(pid);
    assert.deepEqual(told(), [[], [], [pid]]);
  });

  it('are not told again where an event says what is known already, and are looked at by who names containers', async () => {
    const pid = await start();
    processes.see(sighting(pid, host), false);
    processes.takeChanges();
    processes.see(sighting(pid, host), true);
    const { added, changed, removed, touched } = processes.takeChanges();
    assert.deepEqual({ added, changed, removed, touched: [...touched] }, { added: [], changed: [], removed: [], touched: [pid] });
  });

  it('whose namespaces may not be read are known all the same', async () => {
    const pid = await start();
    processes.see(sighting(pid, [], { error: 13 }), false);
    assert.deepEqual(processes.known.get(pid)?.namespaces, {});
    assert.deepEqual([...processes.unreadable], [[pid, 'EACCES']]);
  });
});
