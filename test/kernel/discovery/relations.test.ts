// What namespaces are to each other, and those that only their children keep.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NamespaceKey } from '../../../helper/protocol/model.ts';
import { findIn, keyOf, setScene } from '../support/discovery.ts';
import type { Keeper } from '../support/makers/keeper.ts';

describe('namespaces and their children', () => {
  const scene = setScene();

  it('finds a user namespace that only another one keeps', async () => {
    const keeper = await scene.keepers.start();
    await keeper.becomeRootOfItsOwn();
    const outer = keyOf(keeper.pid, 'user');
    await keeper.do('unshare', 'user');
    const inner = keyOf(keeper.pid, 'user');
    const found = await scene.holdersAre(outer, { children: [inner] });
    const child = await scene.holdersAre(inner, { processes: 1, oldest: keeper.pid });
    const home = keyOf(process.pid, 'user').inode;
    assert.deepEqual([found.owner, found.parent, found.ownerUid], [home, home, 0]);
    assert.deepEqual([child.owner, child.parent, child.ownerUid], [outer.inode, outer.inode, 0]);
    await keeper.end();
    await scene.isGone(found, child);
  });

  it('finds a user namespace that only what it owns keeps', async () => {
    const keeper = await scene.keepers.start();
    const child = await keeper.child();
    await child.becomeRootOfItsOwn();
    await child.do('unshare', 'net');
    const [user, net] = [keyOf(child.pid, 'user'), keyOf(child.pid, 'net')];
    const fd = await keeper.do('open', `/proc/${child.pid}/ns/net`);
    await child.end();
    const found = await scene.holdersAre(user, { children: [net] });
    const owned = await scene.holdersAre(net, { descriptors: [{ pid: keeper.pid, fd }] });
    assert.equal(owned.owner, user.inode);
    await keeper.do('close', fd);
    await scene.isGone(found, owned);
  });

  it('names who made a user namespace', async () => {
    const keeper = await scene.keepers.start();
    await keeper.do('become', 61_001);
    await keeper.do('unshare', 'user');
    const found = await scene.holdersAre(keyOf(keeper.pid, 'user'), { processes: 1, oldest: keeper.pid });
    assert.equal(found.ownerUid, 61_001);
  });

  it('finds the pid namespaces above one that has no process any more', async () => {
    const keeper = await scene.keepers.start();
    const line = await descend(keeper, 3);
    const keys = line.map(each => keyOf(each.pid, 'pid'));
    const [grandparent, parent, last] = keys as [NamespaceKey, NamespaceKey, NamespaceKey];
    const fd = await keeper.do('open', `/proc/${line[2]?.pid}/ns/pid`);
    await line[0]?.end(); // all below end with an init
    // The keeper would have its next child there; another pid namespace for that lets go of it.
    const home = await keeper.do('open', '/proc/self/ns/pid');
    await keeper.do('setns', `/proc/self/fd/${home}`);
    const namespaces = [
      await scene.holdersAre(grandparent, { children: [parent] }),
      await scene.holdersAre(parent, { children: [last] }),
      await scene.holdersAre(last, { descriptors: [{ pid: keeper.pid, fd }] }),
    ];
    assert.deepEqual(
      namespaces.map(each => each.parent),
      [keyOf(keeper.pid, 'pid').inode, grandparent.inode, parent.inode],
    );
    await keeper.do('close', fd);
    await scene.isGone(...namespaces);
  });

  it('knows owner, parent and pids through three nested pid namespaces', async () => {
    const keeper = await scene.keepers.start();
    await keeper.becomeRootOfItsOwn();
    const user = keyOf(keeper.pid, 'user');
    const line = await descend(keeper, 3);
    const keys = line.map(each => keyOf(each.pid, 'pid'));
    const [first, second, third] = keys as [NamespaceKey, NamespaceKey, NamespaceKey];
    const [outer, middle, inner] = line.map(each => each.pid) as [number, number, number];
    await scene.holdersAre(first, { processes: 1, oldest: outer, pending: [keeper.pid], children: [second] });
    await scene.holdersAre(second, { processes: 1, oldest: middle, pending: [outer], children: [third] });
    await scene.holdersAre(third, { processes: 1, oldest: inner, pending: [middle] });
    const snapshot = await scene.snapshot();
    assert.deepEqual(
      keys.map(key => findIn(snapshot, key)).map(each => [each?.parent, each?.owner]),
      [
        [keyOf(process.pid, 'pid').inode, user.inode],
        [first.inode, user.inode],
        [second.inode, user.inode],
      ],
    );
    const pids = (pid: number): number[] | undefined => snapshot.processes.find(each => each.pid === pid)?.pids;
    assert.deepEqual([outer, middle, inner].map(pids), [
      [outer, 1],
      [middle, 2, 1],
      [inner, 3, 2, 1],
    ]);
  });

  /** So many pid namespaces, each inside the one before; gives their inits. */
  async function descend(keeper: Keeper, depth: number): Promise<Keeper[]> {
    const line: Keeper[] = [];
    let last = keeper;
    for (let level = 0; level < depth; level++) {
      await last.do('unshare', 'pid');
      last = await last.child();
      line.push(last);
    }
    return line;
  }
});
