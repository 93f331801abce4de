// Namespaces that a bind mount keeps, wherever it is.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { NamespaceKey, NamespaceType } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { keyOf, setScene } from '../support/discovery.ts';
import { type Keeper, mountFlags } from '../support/makers/keeper.ts';

describe('a namespace that is held by a bind mount', () => {
  const scene = setScene();
  let files = 0;

  /** A file to mount on. */
  function place(name = `place-${++files}`): string {
    const path = `${scene.folder}/${name}`;
    writeFileSync(path, '');
    return path;
  }

  /** Where the helper sees it. */
  const mount = (source: string, path: string): unknown => scene.machine.run('mount', '--bind', source, path);
  const unmount = (path: string): unknown => scene.machine.run('umount', '--lazy', path);
  const mountIn = (keeper: Keeper, source: string, path: string): Promise<number> => keeper.do('mount', source, path, '', mountFlags.bind);

  /** A namespace with one process, that can be ended. */
  async function make(keeper: Keeper, type: NamespaceType): Promise<{ key: NamespaceKey; source: string; child: Keeper }> {
    const child = await keeper.child();
    await child.do('unshare', type);
    return { key: keyOf(child.pid, type), source: `/proc/${child.pid}/ns/${type}`, child };
  }

  for (const type of ['net', 'uts', 'ipc', 'cgroup'] as const)
    it(`is found where the helper is: ${type}`, async () => {
      const keeper = await scene.keepers.start();
      const { key, source, child } = await make(keeper, type);
      const path = place();
      mount(source, path);
      try {
        await scene.holdersAre(key, { processes: 1, oldest: child.pid, mounts: [{ path }] });
        await child.end();
        const found = await scene.holdersAre(key, { mounts: [{ path }] });
        unmount(path);
        await scene.isGone(found);
      } finally {
        scene.machine.run('sh', '-c', `umount --lazy ${path} 2>&1 || :`);
      }
    });

  it('is found at every place, also at one with an odd name and at one that is mounted over', async () => {
    const keeper = await scene.keepers.start();
    const { key, source, child } = await make(keeper, 'uts');
    const other = await make(keeper, 'uts');
    const [odd, below] = [place('a b\n\\040"\u001b[1m'), place()];
    try {
      mount(source, odd);
      mount(source, below);
      mount(other.source, below);
      for (const each of [child, other.child]) await each.end();
      await scene.holdersAre(key, { mounts: [{ path: odd }, { path: below }] });
      const covering = await scene.holdersAre(other.key, { mounts: [{ path: below }] });
      unmount(below);
      await scene.isGone(covering);
      unmount(below);
      const found = await scene.holdersAre(key, { mounts: [{ path: odd }] });
      unmount(odd);
      await scene.isGone(found);
    } finally {
      for (const path of [odd, below, below]) scene.machine.run('sh', '-c', 'umount --lazy "$0" 2>&1 || :', path);
    }
  });

  it('is at one place in a directory that is mounted over itself, as ip netns and Podman have theirs', async () => {
    const keeper = await scene.keepers.start();
    const { key, source, child } = await make(keeper, 'net');
    const directory = `${scene.folder}/netns`;
    const path = `${directory}/blue`;
    const { machine } = scene;
    // iproute2's own calls: what is mounted on the directory that is seen is mounted on the one below it, too.
    machine.run('mount', '-t', 'tmpfs', 'tmpfs', scene.folder);
    try {
      machine.run('mount', '--make-shared', scene.folder);
      machine.run('sh', '-c', `mkdir ${directory} && mount --bind ${directory} ${directory} && touch ${path}`);
      mount(source, path);
      const lines = machine.run('cat', '/proc/self/mountinfo').split('\n');
      assert.equal(lines.filter(line => line.includes(` ${path} `)).length, 2);
      await scene.holdersAre(key, { processes: 1, oldest: child.pid, mounts: [{ path }] });
      await child.end();
      const found = await scene.holdersAre(key, { mounts: [{ path }] });
      unmount(path);
      await scene.isGone(found);
    } finally {
      machine.run('umount', '--recursive', '--lazy', scene.folder);
    }
  });

  it('is found in the mount namespace of other processes', async () => {
    const keeper = await scene.keepers.start();
    const elsewhere = await keeper.child();
    await elsewhere.leaveMounts();
    const { key, source, child } = await make(keeper, 'net');
    const path = place();
    await mountIn(elsewhere, source, path);
    await child.end();
    const mnt = keyOf(elsewhere.pid, 'mnt').inode;
    const found = await scene.holdersAre(key, { mounts: [{ path, mnt }] });
    await elsewhere.do('unmount', path);
    await scene.isGone(found);
  });

  it('is found in the mount namespace of another user’s sandbox', async () => {
    const keeper = await scene.keepers.start();
    const elsewhere = await keeper.child();
    await elsewhere.becomeRootOfItsOwn();
    await elsewhere.leaveMounts();
    const path = place();
    await elsewhere.do('unshare', 'uts');
    const uts = keyOf(elsewhere.pid, 'uts');
    await mountIn(elsewhere, '/proc/self/ns/uts', path);
    await elsewhere.do('unshare', 'uts');
    const found = await scene.holdersAre(uts, { mounts: [{ path, mnt: keyOf(elsewhere.pid, 'mnt').inode }] });
    await elsewhere.end();
    await scene.isGone(found);
  });

  it('is found in a mount namespace that itself is only mounted', async () => {
    const keeper = await scene.keepers.start();
    const { key, source, child } = await make(keeper, 'net');
    const [path, outer] = [place(), place()];
    // So that no loop of mounts comes about the kernel demands a higher number than that of the namespace it is mounted
    // in, and gives each processor numbers of its own.
    const elsewhere = await eventually('a mount namespace that can be mounted', async () => {
      const candidate = await scene.keepers.start();
      await candidate.leaveMounts();
      try {
        mount(`/proc/${candidate.pid}/ns/mnt`, outer);
        return candidate;
      } catch {
        await candidate.end();
        return undefined;
      }
    });
    await mountIn(elsewhere, source, path);
    const mnt = keyOf(elsewhere.pid, 'mnt');
    try {
      for (const each of [child, elsewhere]) await each.end();
      const namespaces = [
        await scene.holdersAre(mnt, { mounts: [{ path: outer }] }),
        await scene.holdersAre(key, { mounts: [{ path, mnt: mnt.inode }] }),
      ];
      unmount(outer);
      await scene.isGone(...namespaces);
    } finally {
      scene.machine.run('sh', '-c', `umount --lazy ${outer} 2>&1 || :`);
    }
  });

  it('is found in a mount namespace that only a descriptor keeps', async () => {
    const keeper = await scene.keepers.start();
    const { key, source, child } = await make(keeper, 'net');
    const elsewhere = await keeper.child();
    await elsewhere.leaveMounts();
    const path = place();
    await mountIn(elsewhere, source, path);
    const mnt = keyOf(elsewhere.pid, 'mnt');
    const fd = await keeper.do('open', `/proc/${elsewhere.pid}/ns/mnt`);
    for (const each of [child, elsewhere]) await each.end();
    const namespaces = [
      await scene.holdersAre(mnt, { descriptors: [{ pid: keeper.pid, fd }] }),
      await scene.holdersAre(key, { mounts: [{ path, mnt: mnt.inode }] }),
    ];
    await keeper.do('close', fd);
    await scene.isGone(...namespaces);
  });

  it('is found in a mount namespace that only a thread is in', async () => {
    const keeper = await scene.keepers.start();
    const { key, source, child } = await make(keeper, 'net');
    const thread = await keeper.thread();
    await thread.leaveMounts();
    const path = place();
    await mountIn(thread, source, path);
    await child.end();
    const mnt = keyOf(thread.pid, 'mnt');
    const namespaces = [
      await scene.holdersAre(mnt, { threads: [{ pid: keeper.pid, tid: thread.pid }] }),
      await scene.holdersAre(key, { mounts: [{ path, mnt: mnt.inode }] }),
    ];
    await thread.end();
    await scene.isGone(...namespaces);
  });

  it('is found among 20,000 mounts', async () => {
    const keeper = await scene.keepers.start();
    const { key, source, child } = await make(keeper, 'net');
    const crowded = await keeper.child();
    await crowded.leaveMounts();
    await fill(crowded, 20_000);
    const path = `${scene.folder}/net`;
    await crowded.do('write', path, '');
    await mountIn(crowded, source, path);
    await child.end();
    const found = await scene.holdersAre(key, { mounts: [{ path, mnt: keyOf(crowded.pid, 'mnt').inode }] });
    await crowded.end();
    await scene.isGone(found);
  });

  /** So many mounts, in its own mount namespace: a tree of a thousand, as often as needed. */
  async function fill(keeper: Keeper, count: number): Promise<void> {
    const tree = `${scene.folder}/tree`;
    await keeper.do('mount', 'tmpfs', scene.folder, 'tmpfs', 0);
    await keeper.do('mkdir', tree);
    await keeper.do('mount', 'tmpfs', tree, 'tmpfs', 0);
    for (let each = 1; each < 1000; each++) {
      await keeper.do('mkdir', `${tree}/${each}`);
      await keeper.do('mount', tree, `${tree}/${each}`, '', mountFlags.bind);
    }
    for (let copy = 1; copy < count / 1000; copy++) {
      await keeper.do('mkdir', `${tree}-${copy}`);
      await keeper.do('mount', tree, `${tree}-${copy}`, '', mountFlags.bind | mountFlags.recursive);
    }
    const mounts = readFileSync(`/proc/${keeper.pid}/mountinfo`, 'utf8').split('\n').length;
    assert.ok(mounts > count, `${mounts} mounts`);
  }
});
