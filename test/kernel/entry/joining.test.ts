import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Target } from '../../../helper/protocol/target.ts';
import { eventually } from '../../support/eventually.ts';
import { Fixture } from '../../support/fixture.ts';
import { isAlive } from '../../support/processes.ts';
import { types } from '../support/belongings.ts';
import { Machine } from '../support/machine.ts';
import { inodeOf, inodesOf } from '../support/namespaces.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';

const FX_ROOT = `/tmp/burrow-kernel-entry-${process.pid}`;

describe('entering', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  const fixture = new Fixture('unshare', { FX_ROOT });
  before(async () => {
    machine = await Machine.start();
    fixture.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(async () => {
    fixture.stop();
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  /** Namespaces of a command in a target, as it sees them itself. */
  async function seen(target: Target): Promise<string[]> {
    const script = `for t in ${types.join(' ')}; do readlink /proc/self/ns/$t; done`;
    const { stdout, stderr } = await machine.call('process/run', { target, command: ['sh', '-c', script] });
    assert.equal(stderr, '');
    return stdout.trimEnd().split('\n');
  }

  /** Those of a process for the types that are joined, and the helper's for the rest. */
  function expected(pid: number, joined: readonly string[]): string[] {
    const [theirs, ours] = [inodesOf(pid), inodesOf(machine.pid)];
    return types.map(type => `${type}:[${(joined.includes(type) ? theirs : ours)[type]}]`);
  }

  it('joins all eight namespaces and the chroot inside them', async () => {
    const pid = fixture.pid('all');
    assert.deepEqual(await seen({ pid }), expected(pid, types));
    const terminal = await Terminal.open(machine, { target: { pid } });
    assert.deepEqual(terminal.notices, []);
    assert.equal(await terminal.ask('hostname; id -u; cat /etc/os-release | head -n 1'), 'fx-unshare\n0\nID=busybox');
    await terminal.close();
  });

  for (const kind of ['cgroup', 'ipc', 'mount', 'net', 'pid', 'time', 'user', 'uts'] as const)
    it(`joins a ${kind} namespace alone`, async () => {
      const pid = fixture.pid(kind);
      const type = kind === 'mount' ? 'mnt' : kind;
      // The helper of this test has a net and a mount namespace of its own; the process has the machine's.
      const joined = [type, 'net', 'mnt'];
      assert.deepEqual(await seen({ pid }), expected(pid, joined));
      // To show the processes or the links there, /proc or /sys is mounted anew, in a mount namespace that is neither's; and so
      // is all that is seen in there.
      const comparable = (list: string[]): string[] =>
        ['net', 'pid', 'user'].includes(type) ? list.filter(each => !each.startsWith('mnt')) : list;
      assert.deepEqual(comparable(await seen({ pid, types: [type] })), comparable(expected(pid, [type])));
    });

  it('is root of a user namespace that an ordinary user made', async () => {
    const pid = fixture.pid('user');
    const { stdout } = await machine.call('process/run', {
      target: { pid, types: ['user'] },
      command: ['sh', '-c', 'id -u; cat /proc/self/uid_map /proc/self/setgroups'],
    });
    assert.deepEqual(stdout.trim().split(/\s+/), ['0', '0', '61000', '1', 'deny']);
  });

  it('joins a namespace by its inode, with no process in it', async () => {
    machine.run('ip', 'netns', 'add', 'burrow-entry');
    try {
      const inode = Number(machine.run('stat', '--format=%i', '/run/netns/burrow-entry'));
      const target: Target = { namespaces: [{ type: 'net', inode }] };
      const { stdout } = await machine.call('process/run', { target, command: ['sh', '-c', 'readlink /proc/self/ns/net; ip -br link'] });
      assert.match(stdout, new RegExp(`^net:\\[${inode}\\]\\nlo +DOWN [^\\n]*\\n$`));
      const { status, stderr } = machine.type(['exec', `net:${inode}`, '--', 'true']);
      assert.equal(status, 0, stderr);
    } finally {
      machine.run('ip', 'netns', 'delete', 'burrow-entry');
      machine.run('umount', '--lazy', '/run/netns'); // the kernel may still be letting go of what was in it
    }
  });

  it('joins namespaces of several processes together', async () => {
    const [uts, ipc] = [fixture.pid('uts'), fixture.pid('ipc')];
    const target: Target = {
      namespaces: [
        { type: 'uts', inode: inodeOf(uts, 'uts') },
        { type: 'ipc', inode: inodeOf(ipc, 'ipc') },
      ],
    };
    const list = await seen(target);
    const ours = expected(machine.pid, []);
    assert.deepEqual(
      list,
      ours.map(each =>
        each.startsWith('uts') ? `uts:[${inodeOf(uts, 'uts')}]` : each.startsWith('ipc') ? `ipc:[${inodeOf(ipc, 'ipc')}]` : each,
      ),
    );
  });

  it('refuses a namespace that is gone', async () => {
    const pid = await sleepers.start('unshare', '--uts', 'sleep', 'infinity');
    const inode = inodeOf(pid, 'uts');
    await machine.call('namespaces/snapshot', {});
    await sleepers.stop();
    const failure = await machine.failure('process/run', { target: { namespaces: [{ type: 'uts', inode }] }, command: ['true'] });
    assert.deepEqual(failure, {
      kind: 'gone',
      message: `uts:[${inode}] is gone: nothing keeps it alive any more.`,
      subject: `uts:[${inode}]`,
    });
  });

  it('refuses a process that ended, and another that has its number now', async () => {
    const pid = await sleepers.start('sleep', 'infinity');
    const { processes } = await machine.call('namespaces/snapshot', {});
    const start = processes.find(each => each.pid === pid)?.start ?? 0;
    const gone = { kind: 'gone', message: `pid ${pid} ended a moment ago.`, subject: `pid ${pid}` };
    assert.deepEqual(await machine.failure('process/run', { target: { pid, start: start + 1 }, command: ['true'] }), gone);
    await sleepers.stop();
    assert.deepEqual(await machine.failure('process/run', { target: { pid, start }, command: ['true'] }), gone);
    assert.deepEqual(await machine.failure('terminal/open', { target: { pid }, size: { columns: 80, rows: 24 } }), gone);
  });

  it('enters a process that ends meanwhile or says that it did, and nothing else', async () => {
    const endings = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const pid = await sleepers.start('unshare', '--uts', '--pid', '--fork', '--kill-child', 'sleep', 'infinity');
        const asked = machine.call('process/run', { target: { pid }, command: ['true'] }).catch((error: unknown) => error);
        process.kill(pid, 'SIGKILL');
        return asked;
      }),
    );
    for (const each of endings) {
      const said = each instanceof Error ? each.message : JSON.stringify(each);
      // Into a pid namespace whose init is dead nobody can fork: ENOMEM, pid_namespaces(7).
      assert.match(said, /^pid \d+ ended a moment ago\.$|"exitCode":0|"signal":"SIGKILL"/);
    }
  });

  it('says when there is no shell at all', async () => {
    mkdirSync(`${FX_ROOT}/empty/proc`, { recursive: true });
    const pid = await sleepers.start(
      'unshare',
      '--mount',
      'sh',
      '-c',
      `exec 3</; mount --bind ${FX_ROOT}/empty ${FX_ROOT}/empty; sleep infinity`,
    );
    await eventually('the mount', () =>
      machine.run('nsenter', `--mount=/proc/${pid}/ns/mnt`, 'cat', '/proc/self/mountinfo').includes(`${FX_ROOT}/empty`),
    );
    machine.run('nsenter', `--mount=/proc/${pid}/ns/mnt`, 'cp', `${FX_ROOT}/rootfs/bin/busybox`, `${FX_ROOT}/empty/sleep`);
    const confined = await sleepers.start('unshare', '--mount', '--root', `${FX_ROOT}/empty`, '/sleep', '1000');
    const failure = await machine.failure('terminal/open', { target: { pid: confined }, size: { columns: 80, rows: 24 } });
    assert.equal(failure.kind, 'no-command');
    assert.equal(
      failure.message,
      `pid ${confined} has no shell: none of /bin/bash, /usr/bin/bash, /run/current-system/sw/bin/bash, /bin/ash, /bin/sh, /usr/bin/sh, /bin/busybox, /busybox/sh is there.`,
    );
    assert.equal(failure.hint, "Bring this machine's programs along, or choose a command that exists there.");
    assert.deepEqual([failure.syscall, failure.errno], ['execve', 'ENOENT']);
    assert.ok(isAlive(confined));
  });

  it('gives a command nothing that the process beside it could never have', async () => {
    const pid = await sleepers.start('setpriv', '--no-new-privs', '--bounding-set', '-sys_admin,-net_raw', 'sleep', 'infinity');
    const command = ['grep', '-E', '^(CapBnd|NoNewPrivs):', '/proc/self/status'];
    const { stdout } = await machine.call('process/run', { target: { pid }, command });
    assert.equal(stdout, machine.run('grep', '-E', '^(CapBnd|NoNewPrivs):', `/proc/${pid}/status`));
    assert.match(stdout, /^NoNewPrivs:\t1$/m);
  });

  it('says that a shell of root can do more than the process beside it', async () => {
    const pid = await sleepers.start('setpriv', '--reuid', '61001', '--regid', '61001', '--clear-groups', 'sleep', 'infinity');
    const terminal = await Terminal.open(machine, { target: { pid }, command: ['sleep', 'infinity'], user: 'root' });
    assert.match(terminal.notices.at(-1) ?? '', /^this shell can do more than sleep: it is root .*, \d+ capabilities \(it has 0\)$/);
    await terminal.close();
  });
});
