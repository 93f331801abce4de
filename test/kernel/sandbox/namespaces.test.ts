// Which namespaces a sandbox has of its own, which it shares with the host and which it joins.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { type NamespaceType, namespaceTypes } from '../../../helper/protocol/model.ts';
import { Fixture, Missing, mustRun } from '../../support/fixture.ts';
import { descendants } from '../../support/processes.ts';
import { whoMakes } from '../support/callers.ts';
import { setClient } from '../support/client.ts';
import { inodeOf, inodesOf } from '../support/namespaces.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';

/** Not everything is possible without a mount namespace: nothing is mounted over the machine's own files. */
const subsets: readonly (readonly NamespaceType[])[] = [
  ...namespaceTypes.map(type => [type]),
  ['net', 'uts'],
  ['pid', 'mnt'],
  ['mnt', 'ipc', 'net'],
  ['user', 'pid', 'mnt', 'uts'],
  [],
  namespaceTypes,
];

for (const maker of whoMakes)
  describe(`namespaces, for ${maker.who}`, () => {
    const client = setClient(maker);
    const sleepers = new Sleepers();
    afterEach(() => sleepers.stop());
    /** As a command sees its own. */
    const seen = async (sandbox: string): Promise<Record<string, number>> => {
      const script = `for t in ${namespaceTypes.join(' ')}; do readlink /proc/thread-self/ns/$t || readlink /proc/self/ns/$t; done`;
      const { stdout } = await client.call('process/run', { target: { sandbox }, command: ['sh', '-c', script] });
      return Object.fromEntries([...stdout.matchAll(/^(\w+):\[(\d+)\]$/gm)].map(([, type, inode]) => [type, Number(inode)]));
    };

    for (const subset of subsets) {
      const types = maker.uid === 0 || subset.includes('user') ? subset : [...subset, 'user' as const];
      it(`are new for ${types.join(' ') || 'none of the types'}, and the host's for the rest`, async () => {
        const made = await client.create({ name: 'web', namespaces: [...types] });
        const [theirs, ours] = [inodesOf(made.pid), inodesOf(client.machine.pid)];
        assert.deepEqual(made.namespaces, theirs);
        assert.deepEqual(
          namespaceTypes.filter(type => theirs[type] !== ours[type]),
          namespaceTypes.filter(type => types.includes(type)),
        );
        // Without a pid namespace /proc is the host's, and shows the same.
        assert.deepEqual(await seen(made.id), theirs);
        await client.call('sandbox/remove', { sandbox: made.id });
        await client.machine.requireClean();
      });
    }

    if (maker.uid !== 0)
      it('are refused without a user namespace', async () => {
        assert.deepEqual(await client.refused({ name: 'web', namespaces: ['uts'] }), {
          kind: 'denied',
          message: 'namespaces.user: only root may do without a user namespace.',
          hint: 'Leave "user" among the namespaces.',
        });
      });

    it('are the new user namespace’s, but for those that are made before it', async () => {
      const { pid } = await client.create({ name: 'web' });
      const owned = namespaceTypes.filter(
        type =>
          client.machine.run('lsns', '--noheadings', '--output', 'ONS', '--type', type, '--task', `${pid}`).trim() ===
          `${inodeOf(pid, 'user')}`,
      );
      for (const type of ['mnt', 'net', 'ipc', 'uts'] as const) assert.ok(owned.includes(type), type);
    });

    it('one of another sandbox is joined by its name, and with a type in front', async () => {
      const one = await client.create({ name: 'one' });
      for (const choice of ['one', 'sandbox:one']) {
        const two = await client.create({ name: 'two', namespaces: { net: choice, user: choice, ipc: choice } });
        const [theirs, ones] = [inodesOf(two.pid), inodesOf(one.pid)];
        assert.deepEqual(
          namespaceTypes.filter(type => theirs[type] === ones[type]),
          namespaceTypes.filter(type => ['net', 'user', 'ipc'].includes(type)),
        );
        await client.call('sandbox/remove', { sandbox: two.id });
        // What was joined lives on.
        assert.equal(await client.inside(one.id, 'ip -o link | wc -l'), '1\n');
      }
    });

    it('of mounts is joined with what holds its programs, or not at all', async () => {
      const one = await client.create({ name: 'one' });
      const refusal = (type: string) => [
        `namespaces.mnt: the programs of one run only inside the ${type} namespace that holds them.`,
        `Add "${type}": "one" to namespaces.`,
      ];
      for (const [namespaces, type] of [
        [{ mnt: 'one' }, 'user'],
        [{ mnt: 'one', user: 'one', pid: false }, 'pid'],
      ] as const) {
        const { message, hint } = await client.refused({ name: 'two', namespaces });
        assert.deepEqual([message, hint], refusal(type));
        const { sandboxes } = await client.call('sandbox/list', {});
        assert.deepEqual(
          sandboxes.map(({ name }) => name),
          ['one'],
        );
      }
      for (const pid of [true, 'one'] as const) {
        const two = await client.create({ name: 'two', namespaces: { mnt: 'one', user: 'one', pid } });
        assert.equal(inodeOf(two.pid, 'mnt'), inodeOf(one.pid, 'mnt'));
        assert.equal(inodeOf(two.pid, 'user'), inodeOf(one.pid, 'user'));
        await client.call('sandbox/remove', { sandbox: two.id });
      }
    });

    it('one is joined by a pid, by an inode, and by its name in ip netns', async () => {
      const { machine } = client;
      machine.run('ip', 'netns', 'add', 'burrow-join');
      try {
        const pid = await sleepers.start('unshare', '--net', '--uts', 'sleep', 'infinity');
        await machine.call('namespaces/snapshot', {});
        const named = Number(machine.run('stat', '--format=%i', '/run/netns/burrow-join'));
        const inode = inodeOf(pid, 'net');
        for (const [choice, wanted] of [
          [`pid:${pid}`, inode],
          [`${inode}`, inode],
          [`net:${inode}`, inode],
          [`${named}`, named],
          ['netns:burrow-join', named],
        ] as const) {
          const made = await client.create({ name: 'web', namespaces: { net: choice } });
          assert.equal(inodeOf(made.pid, 'net'), wanted, choice);
          assert.equal(made.namespaces.net, wanted, choice);
          assert.notEqual(inodeOf(made.pid, 'uts'), inodeOf(pid, 'uts'));
          await client.call('sandbox/remove', { sandbox: made.id });
        }
      } finally {
        machine.run('ip', 'netns', 'delete', 'burrow-join');
        machine.run('umount', '--lazy', '/run/netns');
      }
    });

    it('one that is not there is refused with its key, and nothing is made', async () => {
      for (const [choice, message] of [
        ['nobody', 'namespaces.net: There is no container called nobody.'],
        ['sandbox:nobody', 'namespaces.net: There is no sandbox called nobody.'],
        ['container:nobody', 'namespaces.net: There is no container called nobody.'],
        ['pid:4194304', 'namespaces.net: pid 4194304 ended a moment ago.'],
        ['1', 'namespaces.net: net:[1] is gone: nothing keeps it alive any more.'],
        ['uts:1', 'namespaces.net: None of the namespaces is of the types to join.'],
      ] as const) {
        const failure = await client.refused({ name: 'web', namespaces: { net: choice } });
        assert.equal(failure.message, message);
        await client.machine.requireClean();
      }
    });

    it('of pid nest, and one process has a number in each', async () => {
      const outer = await client.create({ name: 'outer' });
      const numbers = (pid: number): number[] =>
        (/^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '').split('\t').map(Number);
      assert.deepEqual(numbers(outer.pid), [outer.pid, 1]);
      // Root of the machine gets a /proc with parts shut, beside which the kernel grants no other.
      const proc = maker.uid === 0 ? '' : ' && mount -t proc none /proc && ls -1d /proc/1 /proc/self';
      const script = `echo "number $$"${proc}; echo done; exec sleep 600`;
      const terminal = await Terminal.open(client.machine, {
        target: { sandbox: outer.id },
        command: ['unshare', '--pid', '--mount', '--fork', '--kill-child', 'sh', '-c', script],
      });
      await terminal.see(/^number 1\r\n(\/proc\/1\r\n\/proc\/self\r\n)?done\r\n$/);
      const inner = descendants(client.machine.pid).find(pid => numbers(pid).length === 3 && numbers(pid)[2] === 1);
      assert.ok(inner !== undefined, 'the init of the inner namespace');
      const [first, second = 0] = numbers(inner);
      assert.equal(first, inner);
      assert.ok(second > 1 && second !== inner, `${second}`);
      assert.notEqual(inodeOf(inner, 'pid'), inodeOf(outer.pid, 'pid'));
      await terminal.close();
    });
  });

for (const maker of whoMakes)
  describe(`a container’s namespaces, for ${maker.who}`, () => {
    const client = setClient(maker);
    const fixture = new Fixture('runc', { FX_ROOT: `/tmp/burrow-kernel-join-${process.pid}` });
    let container = 0;
    let missing: string | undefined;
    before(() => {
      try {
        container = fixture.start();
      } catch (error) {
        if (!(error instanceof Missing) || mustRun) throw error;
        missing = error.message;
      }
    });
    after(() => {
      fixture.stop();
      rmSync(`/tmp/burrow-kernel-join-${process.pid}`, { recursive: true, force: true });
    });

    it('are joined by the container’s name', async context => {
      if (missing !== undefined) return context.skip(missing);
      const { containers } = await client.call('namespaces/snapshot', {});
      const name = containers.find(each => each.pid === container)?.name;
      assert.ok(name !== undefined);
      const made = await client.create({ name: 'web', namespaces: { net: `container:${name}`, ipc: name } });
      assert.deepEqual([inodeOf(made.pid, 'net'), inodeOf(made.pid, 'ipc')], [inodeOf(container, 'net'), inodeOf(container, 'ipc')]);
      assert.notEqual(inodeOf(made.pid, 'uts'), inodeOf(container, 'uts'));
    });
  });
