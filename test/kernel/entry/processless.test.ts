// Namespaces that no process is in: an open file or a mount keeps them, or one thread of a process.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { NamespaceType } from '../../../helper/protocol/model.ts';
import { types } from '../support/belongings.ts';
import { Machine } from '../support/machine.ts';
import { type Keeper, Keepers, mountFlags } from '../support/makers/keeper.ts';
import { inodeOf, inodesOf } from '../support/namespaces.ts';
import { isAsTheTarget } from './support/comparing.ts';
import { descriptorsOf, factsOf } from './support/facts.ts';
import { answers, ways, whileThere } from './support/inside.ts';
import { rootDirectory } from './support/plain-kinds.ts';

const FOLDER = `/tmp/burrow-kernel-processless-${process.pid}`;

/** A pid namespace is none of them: it ends for all that would enter with its first process, and has no file before that one. */
const lonely = ['net', 'mnt', 'user', 'uts', 'ipc', 'cgroup', 'time'] as const;

describe('a command in namespaces that no process is in', () => {
  let machine: Machine;
  const keepers = new Keepers();
  before(async () => {
    mkdirSync(FOLDER);
    // Of mount namespaces the younger can be mounted in the older alone, and they are numbered by processor.
    machine = await Machine.start({ onOneProcessor: true });
  });
  afterEach(async () => {
    await keepers.stop();
    await machine.requireClean();
  });
  after(async () => {
    await machine.stop();
    rmSync(FOLDER, { recursive: true });
  });

  /** Gives the path of a new one's file to `keep`, and lets the process that made it end. @returns its inode */
  async function make(type: (typeof lonely)[number], keep: (path: string, keeper: Keeper) => Promise<void>): Promise<number> {
    const keeper = await keepers.start();
    machine.run('taskset', '--pid', '1', `${keeper.pid}`);
    const maker = await keeper.child();
    if (type === 'user') await maker.becomeRootOfItsOwn();
    else await maker.do('unshare', type);
    const link = type === 'time' ? 'time_for_children' : type;
    const inode = inodeOf(maker.pid, link);
    await keep(`/proc/${maker.pid}/ns/${link}`, keeper);
    await maker.end();
    return inode;
  }

  async function isEntered(type: NamespaceType, inode: number): Promise<void> {
    const target = { namespaces: [{ type, inode }] };
    const ours = inodesOf(machine.pid);
    for (const way of ways) {
      await whileThere(machine, way, { target }, pid => {
        const { namespaces } = factsOf(pid);
        // For a network /sys is another one, and in a user namespace there are only programs: each takes a mount namespace.
        const isFree = (each: NamespaceType): boolean => each === 'mnt' && (type === 'net' || type === 'user');
        for (const each of types) if (!isFree(each)) assert.equal(namespaces[each], each === type ? inode : ours[each], each);
        assert.deepEqual(descriptorsOf(pid), ['0', '1', '2']);
      });
      const { namespaces = '', uid } = await answers(machine, way, { target });
      assert.ok(namespaces.split('\n').includes(`${type}:[${inode}]`), namespaces);
      assert.equal(uid, '0');
    }
  }

  for (const type of lonely) {
    it(`joins that of type ${type} which an open file keeps`, async () => {
      const inode = await make(type, async (path, keeper) => void (await keeper.do('open', path)));
      await isEntered(type, inode);
    });

    it(`joins that of type ${type} which a mount keeps`, async () => {
      const file = `${FOLDER}/${type}`;
      writeFileSync(file, '');
      const inode = await make(type, async path => void machine.run('mount', '--bind', path, file));
      try {
        await isEntered(type, inode);
      } finally {
        machine.run('umount', file);
      }
    });
  }

  it('says that one is gone with its last holder', async () => {
    const inode = await make('uts', async (path, keeper) => void (await keeper.do('open', path)));
    await keepers.stop();
    const failure = await machine.failure('process/run', { target: { namespaces: [{ type: 'uts', inode }] }, command: ['true'] });
    assert.ok(failure.kind === 'gone' || failure.kind === 'unknown', JSON.stringify(failure));
  });

  it('is as one thread of a process, and not as the process', async () => {
    const root = rootDirectory(FOLDER);
    const keeper = await keepers.start();
    const thread = await keeper.thread();
    await thread.do('unshare', 'uts', 'ipc', 'cgroup', 'net');
    await thread.leaveMounts();
    await thread.do('mount', 'proc', `${root}/proc`, 'proc', 0);
    await thread.do('mount', root, root, '', mountFlags.bind | mountFlags.recursive);
    await thread.do('chroot', root);
    for (const type of ['uts', 'ipc', 'cgroup', 'net', 'mnt'] as const)
      assert.notEqual(inodeOf(thread.pid, type), inodeOf(keeper.pid, type));
    // It has gone there by itself, and its environment is from where it was executed.
    await isAsTheTarget(machine, { pid: keeper.pid, thread: thread.pid }, thread.pid, new Map());
  });
});
