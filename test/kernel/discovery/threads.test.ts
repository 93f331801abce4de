// Namespaces that processes and threads are in, or that their children will be in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { findIn, keyOf, setScene } from '../support/discovery.ts';
import { inodeOf } from '../support/namespaces.ts';

const stateOf = (pid: number): string | undefined => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

describe('a namespace that is held by what runs', () => {
  const scene = setScene();

  it('is held by its processes, and names the one that was started first', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'uts');
    const child = await keeper.child();
    const uts = keyOf(keeper.pid, 'uts');
    await scene.holdersAre(uts, { processes: 2, oldest: keeper.pid });
    await keeper.do('unshare', 'uts');
    const found = await scene.holdersAre(uts, { processes: 1, oldest: child.pid });
    await child.end();
    await scene.isGone(found);
  });

  it('is held by a thread whose process is in another', async () => {
    const keeper = await scene.keepers.start();
    const thread = await keeper.thread();
    await thread.do('unshare', 'net');
    const net = keyOf(thread.pid, 'net');
    const found = await scene.holdersAre(net, { threads: [{ pid: keeper.pid, tid: thread.pid }] });
    const { threads } = await scene.process(keeper.pid);
    assert.deepEqual(threads, [{ tid: thread.pid, namespaces: { net: net.inode } }]);

    await thread.end();
    await scene.isGone(found);
    assert.equal((await scene.process(keeper.pid)).threads, undefined);
  });

  it('is not held twice by a thread that is where its process is', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'uts');
    await keeper.thread();
    const stray = await keeper.thread();
    await stray.do('unshare', 'ipc');
    await scene.holdersAre(keyOf(stray.pid, 'ipc'), { threads: [{ pid: keeper.pid, tid: stray.pid }] });
    await scene.holdersAre(keyOf(keeper.pid, 'uts'), { processes: 1, oldest: keeper.pid });
  });

  it('is held by a thread whose process has lost its leader', async () => {
    const keeper = await scene.keepers.start();
    const thread = await keeper.thread();
    await thread.do('unshare', 'net');
    const net = keyOf(thread.pid, 'net');
    await keeper.do('leave');
    await eventually('a leader that is a zombie', () => stateOf(keeper.pid) === 'Z');
    const found = await scene.holdersAre(net, { threads: [{ pid: keeper.pid, tid: thread.pid }] });
    await scene.keepers.stop();
    await scene.isGone(found);
  });

  it('is held by who will have children in it, before the first is born', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'time');
    const time = { type: 'time', inode: inodeOf(keeper.pid, 'time_for_children') } as const;
    const found = await scene.holdersAre(time, { pending: [keeper.pid] });
    assert.deepEqual((await scene.process(keeper.pid)).forChildren, { time: time.inode });

    const child = await keeper.child();
    await scene.holdersAre(time, { pending: [keeper.pid], processes: 1, oldest: child.pid });
    await child.end();
    await scene.holdersAre(time, { pending: [keeper.pid] });
    await keeper.end();
    await scene.isGone(found);
  });

  it('is held by a thread that will have children in it', async () => {
    const keeper = await scene.keepers.start();
    const thread = await keeper.thread();
    await thread.do('unshare', 'time');
    const time = { type: 'time', inode: inodeOf(thread.pid, 'time_for_children') } as const;
    const found = await scene.holdersAre(time, { threads: [{ pid: keeper.pid, tid: thread.pid }] });
    await thread.end();
    await scene.isGone(found);
  });

  it('is found with the first child where nobody can see it before', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'pid');
    // The kernel has no name for it yet: a namespace of pids begins with its init.
    assert.throws(() => inodeOf(keeper.pid, 'pid_for_children'), { code: 'ENOENT' });
    assert.equal((await scene.process(keeper.pid)).forChildren, undefined);

    const child = await keeper.child();
    const found = await scene.holdersAre(keyOf(child.pid, 'pid'), { pending: [keeper.pid], processes: 1, oldest: child.pid });
    assert.equal(found.parent, inodeOf(keeper.pid, 'pid'));
    await keeper.end(); // and with it the child
    await scene.isGone(found);
  });

  it('is held by a process that is stopped, and by one that a debugger has stopped', async () => {
    const keeper = await scene.keepers.start();
    const stopped = await keeper.child();
    const traced = await keeper.child();
    for (const each of [stopped, traced]) await each.do('unshare', 'net', 'uts');
    const keys = [stopped, traced].map(({ pid }) => ({ pid, net: keyOf(pid, 'net'), uts: keyOf(pid, 'uts') }));
    process.kill(stopped.pid, 'SIGSTOP');
    await keeper.do('trace', traced.pid);
    await eventually('both to stop', () => stateOf(stopped.pid) === 'T' && stateOf(traced.pid) === 't');
    for (const { pid, net, uts } of keys) for (const key of [net, uts]) await scene.holdersAre(key, { processes: 1, oldest: pid });
    assert.deepEqual([stateOf(stopped.pid), stateOf(traced.pid)], ['T', 't']);
  });

  it('is not held by a zombie', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('neglect');
    const child = await keeper.child();
    await child.do('unshare', 'user', 'uts', 'net');
    const holders = { processes: 1, oldest: child.pid };
    const found = [await scene.holdersAre(keyOf(child.pid, 'uts'), holders), await scene.holdersAre(keyOf(child.pid, 'net'), holders)];
    const user = keyOf(child.pid, 'user');
    process.kill(child.pid, 'SIGKILL');
    await eventually('the zombie', () => stateOf(child.pid) === 'Z');
    await scene.isGone(...found);
    const snapshot = await scene.snapshot();
    assert.ok(!snapshot.processes.some(({ pid }) => pid === child.pid));
    assert.deepEqual(
      snapshot.gaps.filter(({ subject }) => subject.includes(`${child.pid}`)),
      [],
    );
    // The kernel keeps what its rights are from until somebody waits for it; no process is in there.
    const kept = findIn(snapshot, user);
    assert.equal(kept?.holders.processes ?? 0, 0);
    await keeper.end();
    if (kept) await scene.isGone(kept);
  });
});
