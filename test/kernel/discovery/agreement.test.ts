// Other programs and the kernel itself list namespaces too: nobody may see one that the helper does not, nor the reverse.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { protocolVersion } from '../../../helper/protocol/methods.ts';
import type { Namespace, Snapshot } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { findIn, setScene } from '../support/discovery.ts';
import { compiled } from '../support/makers/compile.ts';
import { mountFlags } from '../support/makers/keeper.ts';
import { inodesOf, type Listed, lsns } from '../support/namespaces.ts';

const kinds = [['net'], ['uts', 'ipc'], ['mnt'], ['cgroup'], ['uts'], ['net', 'mnt', 'ipc', 'uts', 'cgroup']] as const;

describe('what others list', () => {
  const scene = setScene();

  /** Processes in namespaces of every type, nested ones too, and namespaces that threads, files, sockets and mounts keep. */
  async function gather(): Promise<void> {
    const keeper = await scene.keepers.start();
    for (let each = 0; each < 30; each++) {
      const child = await keeper.child();
      if (each % 3 === 0) await child.becomeRootOfItsOwn();
      if (each % 5 === 0) {
        await child.do('unshare', 'pid', 'time');
        await child.child();
      }
      await child.do('unshare', ...(kinds[each % kinds.length] ?? []));
      if (each % 4 === 0) await keeper.do('open', `/proc/${child.pid}/ns/uts`);
    }
    const stray = await keeper.thread();
    await stray.do('unshare', 'net', 'uts');
    const elsewhere = await keeper.child();
    await elsewhere.leaveMounts();
    await elsewhere.do('write', `${scene.folder}/net`, '');
    await elsewhere.do('unshare', 'net');
    await elsewhere.do('mount', '/proc/self/ns/net', `${scene.folder}/net`, '', mountFlags.bind);
    await elsewhere.do('unshare', 'net');
  }

  /** What is listed before and after a snapshot was there when it was made, whatever else starts and ends on the machine. */
  async function around<T>(list: () => readonly T[], key: (each: T) => string): Promise<{ listed: T[]; ours: Snapshot }> {
    const before = new Set(list().map(key));
    const ours = await scene.snapshot();
    return { listed: list().filter(each => before.has(key(each))), ours };
  }
  const listedKey = ({ type, ns }: Listed): string => `${type}:${ns}`;
  const list = (): Listed[] => lsns((command, ...words) => scene.machine.run(command, ...words));

  it('lists every namespace that lsns lists, with the same owner and parent', async () => {
    await gather();
    const { listed, ours } = await around(list, listedKey);
    assert.ok(listed.length > 80, `lsns lists ${listed.length}`);
    const differ = listed.filter(({ type, ns, owner, parent }) => {
      const found = findIn(ours, { type, inode: ns });
      return !found || (found.owner ?? 0) !== owner || (found.parent ?? 0) !== parent;
    });
    assert.deepEqual(differ, []);
  });

  it('counts as many processes in each as lsns', async () => {
    await gather();
    // lsns itself is there while it counts.
    const here = new Set(Object.values(inodesOf(scene.machine.pid)));
    let differ: unknown[] = [];
    const agree = async (): Promise<boolean> => {
      const { listed, ours } = await around(list, line => `${listedKey(line)} ${line.nprocs}`);
      differ = listed
        .map(({ type, ns, nprocs }) => ({
          ...{ type, ns, listed: nprocs - (here.has(ns) ? 1 : 0) },
          found: findIn(ours, { type, inode: ns })?.holders.processes,
        }))
        .filter(({ listed, found }) => found !== listed);
      return differ.length === 0;
    };
    await eventually('the counts of lsns', agree).catch(() => assert.deepEqual(differ, []));
  });

  it('lists no namespace with a process that lsns does not list', async () => {
    await gather();
    const before = await scene.snapshot();
    const listed = new Set(list().map(listedKey));
    const stayed = (await scene.snapshot()).namespaces.filter(each => {
      const then = findIn(before, each);
      return then !== undefined && then.id === each.id && then.holders.processes > 0 && each.holders.processes > 0;
    });
    assert.ok(stayed.length > 80, `${stayed.length} stayed`);
    assert.deepEqual(
      stayed.filter(({ type, inode }) => !listed.has(`${type}:${inode}`)),
      [],
    );
  });

  it('lists what listns(2) lists', async context => {
    const { features } = await scene.machine.call('helper/hello', { protocol: protocolVersion });
    const { available, reason } = features['listns'] ?? { available: false, reason: 'the helper knows nothing of listns(2)' };
    if (!available) return context.skip(reason);
    await gather();
    const ids = (): string[] => {
      const { status, stdout, stderr } = spawnSync(compiled('listns'), { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return stdout.trim().split('\n');
    };
    const { listed, ours } = await around(ids, each => each);
    const found = new Set(ours.namespaces.map(each => String(each.id)));
    assert.deepEqual(
      listed.filter(id => !found.has(id)),
      [],
    );
    const known = new Set(ids());
    const again = await scene.snapshot();
    const missing = ours.namespaces.filter((each: Namespace) => findIn(again, each)?.id === each.id && !known.has(String(each.id)));
    assert.deepEqual(missing, []);
  });
});
