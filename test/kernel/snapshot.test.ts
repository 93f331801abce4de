import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Helper } from '../../helper/client/connect.ts';
import { Difference } from '../../helper/protocol/difference.ts';
import { type Namespace, noHolders, type Snapshot } from '../../helper/protocol/model.ts';
import { eventually } from '../support/eventually.ts';
import { Machine } from './support/machine.ts';
import { inodeOf, inodesOf, type Listed, lsns } from './support/namespaces.ts';
import { Sleepers } from './support/sleepers.ts';

const key = ({ type, inode }: Pick<Namespace, 'type' | 'inode'>): string => `${type}:${inode}`;
const find = (snapshot: Snapshot, type: string, inode: number): Namespace | undefined =>
  snapshot.namespaces.find(each => each.type === type && each.inode === inode);

describe('namespaces/snapshot', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(() => machine.stop());

  const snapshot = (): Promise<Snapshot> => machine.call('namespaces/snapshot', {});

  /** Both look at a machine that does not stand still, so they may need to look again. */
  async function agrees(what: string, differs: (ours: Snapshot, line: Listed) => boolean): Promise<Snapshot> {
    let different: Listed[] = [];
    const look = async (): Promise<Snapshot | undefined> => {
      const ours = await snapshot();
      different = lsns().filter(line => differs(ours, line));
      return different.length === 0 ? ours : undefined;
    };
    return eventually(what, look).catch((error: unknown) => {
      throw new Error(`${String(error)}; lsns says\n${different.map(line => JSON.stringify(line)).join('\n')}`);
    });
  }

  it('finds every namespace that lsns finds, with as many processes', async () => {
    const pid = await sleepers.start('unshare', '--user', '--map-root-user', '--net', '--uts', 'sleep', 'infinity');
    // lsns itself is in its own namespaces while it counts.
    const here = new Set(Object.values(inodesOf('self')));
    const ours = await agrees('the counts of lsns', ({ namespaces }, { type, ns, nprocs }) => {
      const seen = namespaces.find(each => each.type === type && each.inode === ns);
      return seen?.holders.processes !== nprocs - (here.has(ns) ? 1 : 0);
    });
    assert.equal(find(ours, 'net', inodeOf(pid, 'net'))?.holders.processes, 1);
  });

  it('knows owner and parent as lsns does', async () => {
    const pid = await sleepers.start('unshare', '--user', '--map-root-user', '--net', '--pid', '--fork', 'sleep', 'infinity');
    const ours = await agrees('the owners and parents of lsns', (seen, { type, ns, owner, parent }) => {
      const each = find(seen, type, ns);
      return (each?.owner ?? 0) !== owner || (each?.parent ?? 0) !== parent;
    });
    assert.equal(find(ours, 'net', inodeOf(pid, 'net'))?.owner, inodeOf(pid, 'user'));
    assert.equal(find(ours, 'pid', inodeOf(pid, 'pid'))?.parent, inodeOf('self', 'pid'));
  });

  it('marks the namespaces that the machine booted with, one of each type', async () => {
    const { namespaces } = await snapshot();
    const initial = namespaces.filter(each => each.initial);
    const kthreadd = inodesOf(2);
    assert.deepEqual(
      initial.map(key).sort(),
      Object.entries(kthreadd)
        .map(([type, inode]) => `${type}:${inode}`)
        .sort(),
    );
  });

  it('names the namespaces of ip netns, one without a process too', async () => {
    const name = `burrow-kernel-${process.pid}`;
    machine.run('ip', 'netns', 'add', name);
    try {
      const seen = (await snapshot()).namespaces.find(each => each.name === name);
      const inode = Number(machine.run('stat', '--format=%i', `/run/netns/${name}`));
      assert.deepEqual(seen && { inode: seen.inode, type: seen.type, holders: seen.holders }, {
        inode,
        type: 'net',
        holders: { ...noHolders, mounts: [{ path: `/run/netns/${name}` }] },
      });
    } finally {
      machine.run('ip', 'netns', 'delete', name);
      machine.run('umount', '--lazy', '/run/netns'); // the kernel may still be letting go of what was in it
    }
    assert.ok(!(await snapshot()).namespaces.some(each => each.name === name));
  });

  it('names the oldest process of a namespace, and the pids of a process in each pid namespace', async () => {
    const outer = ['--pid', '--fork', '--kill-child', '--mount-proc'];
    const pid = await sleepers.start('unshare', ...outer, 'unshare', ...outer, 'sleep', 'infinity');
    const found = (await snapshot()).processes.find(each => each.pid === pid);
    assert.ok(found);
    assert.deepEqual(found.pids, [pid, 2, 1]);
    const { namespaces } = await snapshot();
    assert.equal(namespaces.find(each => each.type === 'pid' && each.inode === found.namespaces.pid)?.holders.oldest, pid);
  });

  it('lists what a user namespace owns and holds as its children', async () => {
    const pid = await sleepers.start('unshare', '--user', '--map-root-user', '--uts', '--ipc', 'sleep', 'infinity');
    const { user, uts, ipc } = inodesOf(pid);
    const children = find(await snapshot(), 'user', user)
      ?.holders.children.map(key)
      .sort();
    assert.deepEqual(children, [`ipc:${ipc}`, `uts:${uts}`]);
  });

  it('keeps hostile names of processes as they are', async () => {
    const hostile = ['a\nb', '\u001b[31mred', '[x](command:y)', '$(touch /tmp/x)', ') R 1 ('];
    const pids = [];
    for (const name of hostile)
      pids.push(await sleepers.start('bash', '-c', 'printf %s "$1" >/proc/$$/comm; exec -a "$1" sleep infinity', '-', name));
    const { processes } = await snapshot();
    const commands = pids.map(pid => processes.find(each => each.pid === pid)?.command);
    assert.deepEqual(
      commands,
      hostile.map(name => `${name} infinity`),
    );
  });

  it('keeps hostile names that a process gives itself', async () => {
    const name = ') S 1 (\n';
    const pid = await sleepers.start('perl', '-e', `if (!fork) { exec 'sleep', 'infinity' } $0 = ") S 1 (\\n"; wait`);
    const { processes } = await snapshot();
    const parent = processes.find(each => each.pid === processes.find(child => child.pid === pid)?.parent);
    assert.equal(parent?.name, name);
    assert.equal(parent?.parent, process.pid);
  });

  it('tells a watcher of what comes and goes', async () => {
    const changes: Difference[] = [];
    // While somebody watches, the helper keeps what it listens to open.
    using watcher = await Helper.reach(machine.socket);
    watcher.wire.onNotification('namespaces/changed', (change: unknown) => {
      changes.push(Difference.parse(change));
    });
    await watcher.request('namespaces/watch', {});
    const pid = await sleepers.start('unshare', '--uts', 'sleep', 'infinity');
    const inode = inodeOf(pid, 'uts');
    // Others come and go on the machine, so it need not be alone in what is told.
    const tells = (what: 'added' | 'removed'): boolean =>
      changes.some(change => change[what].namespaces.some(each => each.type === 'uts' && each.inode === inode));
    await eventually('news of the namespace', () => tells('added'));
    await sleepers.stop();
    await eventually('news of its end', () => tells('removed'));
  });
});
