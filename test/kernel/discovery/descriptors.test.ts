// Namespaces that only an open file or a socket keeps.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Descriptor, holderLimit, type NamespaceKey } from '../../../helper/protocol/model.ts';
import { findIn, keyOf, setScene } from '../support/discovery.ts';
import type { Keeper } from '../support/makers/keeper.ts';
import { inodeOf } from '../support/namespaces.ts';

/** What socket(2) is told. */
const unix = [1, 1] as const;
const inet = [2, 2] as const;
const netlink = [16, 3] as const;

describe('a namespace that is held by a descriptor', () => {
  const scene = setScene();

  it('is held by that alone when its last process has ended', async () => {
    const keeper = await scene.keepers.start();
    const child = await keeper.child();
    await child.do('unshare', 'uts');
    const uts = keyOf(child.pid, 'uts');
    const fd = await keeper.do('open', `/proc/${child.pid}/ns/uts`);
    await scene.holdersAre(uts, { processes: 1, oldest: child.pid, descriptors: [{ pid: keeper.pid, fd }] });
    await child.end();
    const found = await scene.holdersAre(uts, { descriptors: [{ pid: keeper.pid, fd }] });
    await keeper.do('close', fd);
    await scene.isGone(found);
  });

  it('is held by a descriptor of a process that is in it', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'ipc');
    const fd = await keeper.do('open', '/proc/self/ns/ipc');
    const holders = { processes: 1, oldest: keeper.pid };
    await scene.holdersAre(keyOf(keeper.pid, 'ipc'), { ...holders, descriptors: [{ pid: keeper.pid, fd }] });
    await keeper.do('close', fd);
    await scene.holdersAre(keyOf(keeper.pid, 'ipc'), holders);
  });

  it('is held by a child that another user runs', async () => {
    const keeper = await scene.keepers.start();
    const [inside, other] = [await keeper.child(), await keeper.child()];
    await inside.do('unshare', 'net');
    const net = keyOf(inside.pid, 'net');
    const fd = await other.do('open', `/proc/${inside.pid}/ns/net`);
    await other.do('become', 61_001);
    await inside.end();
    const found = await scene.holdersAre(net, { descriptors: [{ pid: other.pid, fd }] });
    assert.equal((await scene.process(other.pid)).uid, 61_001);
    await other.end();
    await scene.isGone(found);
  });

  it('is held by a process that is stopped', async () => {
    const keeper = await scene.keepers.start();
    const [inside, stopped] = [await keeper.child(), await keeper.child()];
    await inside.do('unshare', 'uts');
    const uts = keyOf(inside.pid, 'uts');
    const fd = await stopped.do('open', `/proc/${inside.pid}/ns/uts`);
    await inside.end();
    process.kill(stopped.pid, 'SIGSTOP');
    await scene.holdersAre(uts, { descriptors: [{ pid: stopped.pid, fd }] });
  });

  it('counts the descriptors that it does not name', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'uts');
    const uts = keyOf(keeper.pid, 'uts');
    // Not in one process: 20,000 is the most that this one may have open on some machines.
    const children = [1, 2, 3, 4, 5];
    const eachOpens = 10_000;
    for (const _ of children) {
      const child = await keeper.child();
      const fd = await child.do('open', '/proc/self/ns/uts');
      await child.do('duplicate', fd, eachOpens - 1);
    }
    const many = children.length * eachOpens;
    const seen = await scene.comesToBe({ processes: 6, descriptors: holderLimit, unnamed: many - holderLimit }, snapshot => {
      const holders = findIn(snapshot, uts)?.holders;
      return holders && { processes: holders.processes, descriptors: holders.descriptors.length, unnamed: holders.unnamed };
    });
    const named = findIn(seen, uts)?.holders.descriptors ?? [];
    assert.equal(new Set(named.map(({ pid, fd }) => `${pid} ${fd}`)).size, holderLimit);
  });
});

describe('a network namespace that is held by a socket', () => {
  const scene = setScene();

  /** Makes sockets in another network namespace, and goes back to where it was. */
  async function takeSockets(keeper: Keeper, enter: () => Promise<unknown>, ...sockets: (readonly number[])[]): Promise<Descriptor[]> {
    const home = await keeper.do('open', '/proc/self/ns/net');
    await enter();
    const taken: Descriptor[] = [];
    for (const socket of sockets) taken.push({ pid: keeper.pid, fd: await keeper.do('socket', ...socket) });
    await keeper.do('setns', `/proc/self/fd/${home}`);
    await keeper.do('close', home);
    return taken;
  }

  /** The same, from a namespace that nothing else keeps. */
  async function leaveSockets(keeper: Keeper, ...sockets: (readonly number[])[]): Promise<{ net: NamespaceKey; taken: Descriptor[] }> {
    let inode = 0;
    const enter = async (): Promise<void> => {
      await keeper.do('unshare', 'net');
      inode = inodeOf(keeper.pid, 'net');
    };
    const taken = await takeSockets(keeper, enter, ...sockets);
    return { net: { type: 'net', inode }, taken };
  }

  it('is held by every kind of socket that its process took away', async () => {
    const keeper = await scene.keepers.start();
    const { net, taken } = await leaveSockets(keeper, inet, unix, netlink);
    const found = await scene.holdersAre(net, { sockets: taken });
    const [last, ...others] = taken;
    assert.ok(last);
    for (const { fd } of others) await keeper.do('close', fd);
    await scene.holdersAre(net, { sockets: [last] });
    await keeper.do('close', last.fd);
    await scene.isGone(found);
  });

  it('is held by its processes alone when its sockets are theirs', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('unshare', 'net');
    await keeper.do('socket', ...inet);
    await scene.holdersAre(keyOf(keeper.pid, 'net'), { processes: 1, oldest: keeper.pid });
  });

  it('is held by the socket of a process that went, and by the one that stayed', async () => {
    const keeper = await scene.keepers.start();
    const [stays, goes] = [await keeper.child(), await keeper.child()];
    await stays.do('unshare', 'net');
    const net = keyOf(stays.pid, 'net');
    const sockets = await takeSockets(goes, () => goes.do('setns', `/proc/${stays.pid}/ns/net`), inet);
    await scene.holdersAre(net, { processes: 1, oldest: stays.pid, sockets });
    await stays.end();
    await scene.holdersAre(net, { sockets });
  });

  it('is held by the socket of another user’s process', async () => {
    const keeper = await scene.keepers.start();
    const child = await keeper.child();
    const { net, taken } = await leaveSockets(child, inet);
    await child.do('become', 61_001);
    const found = await scene.holdersAre(net, { sockets: taken });
    await child.end();
    await scene.isGone(found);
  });
});
