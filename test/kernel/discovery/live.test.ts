// What a watcher is told without asking.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Snapshot } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { findIn, keyOf, setScene } from '../support/discovery.ts';
import { inodeOf } from '../support/namespaces.ts';
import { View } from '../support/view.ts';

const objectsOf = ({ namespaces, processes, containers }: Snapshot): Map<string, string> =>
  new Map([
    ...namespaces.map(each => [`${each.type}:[${each.inode}]`, JSON.stringify(each)] as const),
    ...processes.map(each => [`process ${each.pid}`, JSON.stringify(each)] as const),
    ...containers.map(each => [`container ${each.id}`, JSON.stringify(each)] as const),
  ]);

/** Whatever is not the same in both. */
function differing(told: Snapshot, asked: Snapshot): unknown[] {
  const [left, right] = [objectsOf(told), objectsOf(asked)];
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  return keys.filter(key => left.get(key) !== right.get(key)).map(key => ({ key, told: left.get(key), asked: right.get(key) }));
}

describe('a watcher', () => {
  const scene = setScene();
  let view: View;
  before(async () => {
    view = await View.open(scene.machine.socket);
    await scene.machine.settle();
  });
  after(() => view[Symbol.dispose]());

  it('is told everything there is first', () => {
    assert.ok(view.hasProcess(process.pid));
    assert.ok(view.has(keyOf(process.pid, 'net')));
    const parts = view.differences.slice(0, view.differences.findIndex(each => !each.partial) + 1);
    assert.ok(parts[0]?.beginning);
    for (const { added, changed, removed, beginning } of parts) {
      assert.deepEqual([Object.values(changed).flat(), Object.values(removed).flat()], [[], []]);
      assert.ok(beginning === undefined || beginning === (parts[0]?.added === added));
    }
  });

  it('hears of processes that start and end', async () => {
    const keeper = await scene.keepers.start();
    const child = await keeper.child();
    await view.comesToShow('the child', () => view.hasProcess(child.pid));
    await child.end();
    await view.comesToShow('its end', () => !view.hasProcess(child.pid));
    assert.ok(view.hasProcess(keeper.pid));
  });

  it('hears of a namespace that a running process makes, and of its end', async () => {
    const keeper = await scene.keepers.start();
    await view.comesToShow('the keeper', () => view.hasProcess(keeper.pid));
    await keeper.do('unshare', 'uts');
    const uts = keyOf(keeper.pid, 'uts');
    await view.comesToShow('unshare(2)', () => view.has(uts));
    await view.comesToShow('the process that moved', () =>
      view.latest.processes.some(each => each.pid === keeper.pid && each.namespaces.uts === uts.inode),
    );
    await keeper.do('setns', `/proc/${process.pid}/ns/uts`);
    await view.comesToShow('setns(2)', () => !view.has(uts));
  });

  it('hears of namespaces that a thread, a descriptor and a socket keep', async () => {
    const keeper = await scene.keepers.start();
    const thread = await keeper.thread();
    await thread.do('unshare', 'ipc');
    const ipc = keyOf(thread.pid, 'ipc');
    const child = await keeper.child();
    await child.do('unshare', 'uts');
    const uts = keyOf(child.pid, 'uts');
    await keeper.do('open', `/proc/${child.pid}/ns/uts`);
    await child.end();
    const home = await keeper.do('open', '/proc/self/ns/net');
    await keeper.do('unshare', 'net');
    const net = keyOf(keeper.pid, 'net');
    await keeper.do('socket', 2, 2);
    await keeper.do('setns', `/proc/self/fd/${home}`);
    const keys = [ipc, uts, net];
    await view.comesToShow('all three', () =>
      keys.every(key => {
        const holders = findIn(view.latest, key)?.holders;
        return holders?.processes === 0 && holders.threads.length + holders.descriptors.length + holders.sockets.length === 1;
      }),
    );
    await keeper.end();
    await view.comesToShow('their end', () => !keys.some(key => view.has(key)));
  });

  it('hears of ip netns add and delete', async () => {
    const name = `burrow-kernel-live-${process.pid}`;
    scene.machine.run('ip', 'netns', 'add', name);
    try {
      await view.comesToShow('the name', () => view.latest.namespaces.some(each => each.name === name));
      scene.machine.run('ip', 'netns', 'delete', name);
      await view.comesToShow('its end', () => !view.latest.namespaces.some(each => each.name === name));
    } finally {
      scene.machine.run('sh', '-c', `ip netns delete ${name} 2>&1 || :; umount --lazy /run/netns`);
    }
  });

  it('knows after many changes what a new snapshot says', async () => {
    const keeper = await scene.keepers.start();
    for (let round = 0; round < 20; round++) {
      const child = await keeper.child();
      await child.do('unshare', 'uts', 'net');
      const grandchild = await child.child();
      await child.do('unshare', 'ipc');
      if (round % 2 === 0) await grandchild.end();
      if (round % 3 === 0) await child.end();
    }
    // Other programs start and end meanwhile, so the two may have to be compared again.
    let different: unknown[] = [];
    const agree = async (): Promise<boolean> => {
      const asked = await view.helper.request('namespaces/snapshot', {});
      different = differing(view.latest, asked);
      return different.length === 0;
    };
    await eventually('both to agree', agree).catch(() => assert.deepEqual(different, []));
    assert.ok(view.has({ type: 'uts', inode: inodeOf(keeper.pid, 'uts') }));
  });

  it('is told nothing that it knows already', async () => {
    const keeper = await scene.keepers.start();
    await view.comesToShow('the keeper', () => view.hasProcess(keeper.pid));
    const known = new Map<string, string>();
    const repeated: string[] = [];
    for (const { added, changed, removed } of view.differences) {
      for (const each of removed.processes) known.delete(`${each}`);
      for (const each of [...added.processes, ...changed.processes]) {
        const text = JSON.stringify(each);
        if (known.get(`${each.pid}`) === text) repeated.push(text);
        known.set(`${each.pid}`, text);
      }
    }
    assert.deepEqual(repeated, []);
  });
});
