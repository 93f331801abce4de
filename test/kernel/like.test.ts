// Definitions made from what runs: containers, processes of unshare(1), and one that lies about all it can.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import { remove, removeShared } from '../../helper/cgroup/group.ts';
import { hostHierarchies } from '../../helper/cgroup/hierarchies.ts';
import { layOut } from '../../helper/cgroup/layout.ts';
import { likeness } from '../../helper/likeness/likeness.ts';
import { Definition } from '../../helper/protocol/definition/definition.ts';
import type { Result } from '../../helper/protocol/methods.ts';
import { Refusal } from '../../helper/sys/errors.ts';
import { readStat } from '../../helper/sys/procfs.ts';
import { patience } from '../support/eventually.ts';
import { Fixture, type FixtureName, Missing, mustRun } from '../support/fixture.ts';
import { intoGroups, make } from './support/make-groups.ts';
import { Sleepers } from './support/sleepers.ts';

const FX_ROOT = `/tmp/burrow-kernel-like-${process.pid}`;
const FX_NAME = `like-${process.pid}`;
const wish = { taken: ['web'], uid: 0, gid: 0 };

const like = (pid: number, label = 'web'): Result<'sandbox/like'> => {
  const result = likeness({ pid, start: readStat(pid).start, label }, wish);
  Definition.parse(result.definition);
  return result;
};

describe('New Sandbox Like This', () => {
  const sleepers = new Sleepers();
  before(() => {
    for (const folder of ['', '/source', '/here']) mkdirSync(`${FX_ROOT}${folder}`, { recursive: true });
  });
  afterEach(() => sleepers.stop());
  after(() => rmSync(FX_ROOT, { recursive: true, force: true }));

  const start = (script: string, ...unshare: readonly string[]): Promise<number> =>
    sleepers.start('unshare', ...unshare, 'sh', '-ec', `${script}\nexec sleep infinity`);

  describe('of a process', () => {
    it('that has nothing of its own: only what it runs', async () => {
      const { definition, notices } = like(await sleepers.start('sh', '-c', 'cd /; exec sleep infinity'));
      const { security, ...rest } = definition;
      assert.deepEqual(rest, { name: 'web-2', namespaces: [], command: ['sleep', 'infinity'] });
      assert.deepEqual(security, readFileSync('/proc/self/status', 'utf8').includes('Seccomp:\t0') ? { seccomp: 'none' } : undefined);
      assert.ok(notices.includes('Its environment is not taken over: it may hold secrets.'));
    });

    it('its host name, clocks, mounts, umask, directory and limits', async () => {
      const pid = await start(
        `hostname example.test; mount -t tmpfs -o size=64k,mode=700 tmpfs /mnt; mount --bind ${FX_ROOT}/source /media; cd ${FX_ROOT}/here; umask 077; ulimit -n 200; ulimit -t 77`,
        ...['--uts', '--mount', '--ipc', '--net', '--time', '--monotonic', '60', '--boottime', '-5', '--fork'],
      );
      const { definition } = like(pid);
      assert.deepEqual(definition.namespaces, ['net', 'mnt', 'uts', 'ipc', 'time']);
      assert.deepEqual(
        [definition.hostname, definition.time, definition.root, definition.network, definition.directory],
        ['example.test', { monotonicSeconds: 60, boottimeSeconds: -5 }, 'discard', 'none', `${FX_ROOT}/here`],
      );
      assert.deepEqual(definition.mounts, [
        { type: 'tmpfs', path: '/mnt', size: 65_536, mode: '700' },
        { type: 'bind', source: `${FX_ROOT}/source`, path: '/media', readonly: false },
      ]);
      assert.equal(definition.security?.umask, '0077');
      assert.deepEqual(definition.limits, { files: 200, rlimits: { cpu: 77 } });
    });

    it('its map of ids, and as whom it runs there', async () => {
      const mapped = 'until grep -q . /proc/self/gid_map; do :; done; exec setpriv --reuid 5 --regid 6 --clear-groups sleep infinity';
      const script = `unshare --user --keep-caps sh -c '${mapped}' & p=$!
        until [ "$(readlink /proc/$p/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do :; done
        echo 0 100000 1000 > /proc/$p/uid_map; echo 0 200000 1000 > /proc/$p/gid_map; wait`;
      const pid = await sleepers.start('sh', '-ec', script);
      const { definition } = like(pid);
      assert.deepEqual(definition.namespaces, ['user']);
      assert.deepEqual(definition.users, {
        uid: [{ inside: 0, outside: 100_000, count: 1000 }],
        gid: [{ inside: 0, outside: 200_000, count: 1000 }],
      });
      assert.equal(definition.user, '5:6');
    });

    it('that root inside is who asks', async () => {
      assert.equal(like(await sleepers.start('unshare', '--user', '--map-root-user', 'sleep', 'infinity')).definition.users, 'root');
    });

    it('the capabilities that it can have, and that it gets no others', async () => {
      const pid = await sleepers.start(
        'setpriv',
        '--bounding-set',
        '-all,+chown,+kill',
        '--no-new-privs',
        '--reuid',
        '7',
        '--regid',
        '8',
        '--clear-groups',
        'sleep',
        'infinity',
      );
      const { definition } = like(pid);
      assert.deepEqual(definition.security?.capabilities, ['CAP_CHOWN', 'CAP_KILL']);
      assert.equal(definition.security?.noNewPrivileges, true);
      assert.equal(definition.user, '7:8');
    });

    it('the limits of its control groups', async () => {
      const limits = { memoryBytes: 67_108_864, processes: 33, cpus: 0.25 };
      const hierarchies = hostHierarchies();
      const layout = layOut(`like-${process.pid}`, hierarchies, {
        limits,
        guarded: false,
        killable: false,
        counted: false,
        lasting: false,
      });
      assert.deepEqual(layout.missing, []);
      make(layout);
      try {
        const pid = await sleepers.start('sh', '-c', `${intoGroups(layout.places.map(place => place.inside))}; exec sleep infinity`);
        const { definition } = like(pid);
        assert.deepEqual([definition.limits?.memory, definition.limits?.processes, definition.limits?.cpu], [67_108_864, 33, 0.25]);
      } finally {
        await sleepers.stop();
        await remove(layout.places, 15_000 * patience);
        removeShared(hierarchies);
      }
    });

    it('its root directory, also without a mount namespace of its own', async context => {
      withMissing(context, () => execFileSync('busybox', ['true']));
      const rootfs = `${FX_ROOT}/tiny`;
      mkdirSync(`${rootfs}/bin`, { recursive: true });
      execFileSync('sh', ['-c', `cp "$(command -v busybox)" ${rootfs}/bin/sleep`]);
      const { definition } = like(await sleepers.start('chroot', rootfs, '/bin/sleep', '1000000'));
      assert.deepEqual([definition.root, definition.namespaces], [{ directory: rootfs }, ['mnt']]);
    });
  });

  it('of one that lies: leaves out what cannot be, says so, and the rest is valid', async () => {
    const mounted = `${FX_ROOT}/with\\nnewline"and 'quotes`;
    const pid = await start(
      [
        `printf 'a b\\033[31m' > /proc/sys/kernel/hostname`,
        `d="$(printf '${mounted.replaceAll("'", "'\\''")}')"; mkdir -p "$d" && mount -t tmpfs tmpfs "$d"`,
        `mkdir "${FX_ROOT}/gone" && cd "${FX_ROOT}/gone" && rmdir "${FX_ROOT}/gone"`,
        `mkdir -p "${FX_ROOT}/over" && mount --bind ${FX_ROOT}/source ${FX_ROOT}/over && mount -t tmpfs tmpfs ${FX_ROOT}/over`,
      ].join('\n'),
      ...['--uts', '--mount', '--fork'],
    );
    const { definition, notices } = like(pid, '$(touch /tmp/x)\n');
    assert.equal(definition.name, 'touch-tmp-x');
    assert.equal(definition.hostname, undefined);
    assert.equal(definition.directory, undefined);
    assert.deepEqual(
      definition.mounts?.map(each => each.path),
      [mounted.replace('\\n', '\n'), `${FX_ROOT}/over`],
    );
    assert.ok(notices.includes('Left out: hostname must be a host name of at most 64 characters.'), notices.join('\n'));
    assert.ok(notices.some(each => each.startsWith('Its working directory ') && each.includes('is left out')));
    for (const each of notices) assert.ok(/^[\x20-\x7e’…]+$/.test(each), JSON.stringify(each));
  });

  it('of one whose command is no text', async () => {
    const { definition, notices } = like(
      await sleepers.start('sh', '-c', `exec sleep "$(printf '\\0610\\0600000')" "$(printf '1000\\n')"`),
    );
    assert.deepEqual(definition.command, ['sleep', '1000000', '1000']);
    const pid = await sleepers.start('bash', '-c', `exec -a "$(printf 'sleep\\377')" sleep 1000000`);
    assert.equal(like(pid).definition.command, undefined);
    assert.deepEqual([notices.length > 0, like(pid).notices.includes('Its command is left out: it is not UTF-8.')], [true, true]);
  });

  it('refuses one that is gone, and one that has its number', async () => {
    const pid = await sleepers.start('sleep', 'infinity');
    const { start: begun } = readStat(pid);
    const gone = new Refusal('gone', 'web ended a moment ago.', { subject: 'web' });
    assert.throws(() => likeness({ pid, start: begun + 1, label: 'web' }, wish), gone);
    await sleepers.stop();
    assert.throws(() => likeness({ pid, start: begun, label: 'web' }, wish), gone);
  });

  async function container(name: FixtureName, context: TestContext, check: (pid: number) => void): Promise<void> {
    const fixture = new Fixture(name, { FX_ROOT, FX_NAME });
    try {
      check(fixture.start());
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      context.skip(error.message);
    } finally {
      fixture.stop();
    }
  }

  describe('of a container', () => {
    it('of runc', context =>
      container('runc', context, pid => {
        const { definition } = like(pid);
        assert.deepEqual(definition.namespaces, ['net', 'mnt', 'pid', 'uts', 'ipc']);
        assert.deepEqual(
          [definition.hostname, definition.root, definition.command, definition.network],
          [FX_NAME, { directory: `${FX_ROOT}/rootfs` }, ['sleep', '3600'], 'none'],
        );
        assert.equal(definition.security?.noNewPrivileges, true);
        assert.deepEqual(definition.security?.capabilities, []);
        assert.equal(definition.mounts, undefined);
      }));

    it('of Docker: its layers, where they are put together', context =>
      container('docker', context, pid => {
        const { definition, notices } = like(pid);
        assert.equal(definition.hostname, FX_NAME);
        assert.deepEqual(definition.command, ['sleep', '3600']);
        const { root } = definition;
        assert.ok(typeof root === 'object' && 'directory' in root, JSON.stringify({ definition, notices }));
        assert.equal(readFileSync(`${root.directory}/etc/os-release`, 'utf8').split('\n')[0], 'ID=busybox');
        assert.ok(Array.isArray(definition.security?.capabilities) && definition.security.capabilities.includes('CAP_CHOWN'));
        assert.equal(definition.mounts, undefined);
      }));
  });
});

function withMissing(context: TestContext, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (mustRun) throw error;
    context.skip('busybox is not installed: apt-get install busybox-static');
  }
}
