// Programs of a mount namespace run inside what holds them, whoever made it and however it is asked for, or not at all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Target } from '../../../helper/protocol/target.ts';
import { containerCapabilities } from '../../../helper/security/capabilities.ts';
import { Machine } from '../support/machine.ts';
import { type Keeper, Keepers, mountFlags } from '../support/makers/keeper.ts';
import { inodeOf } from '../support/namespaces.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';
import { statusOf } from './support/facts.ts';
import { type Entering, whileThere } from './support/inside.ts';

const UID = 61_001;
const asStranger = ['setpriv', '--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups'] as const;
const ofItsOwn = ['unshare', '--user', '--map-root-user', '--mount'] as const;
const forked = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const;

describe('programs of a mount namespace run inside', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  const keepers = new Keepers();
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await keepers.stop();
    await machine.requireClean();
  });
  after(() => machine.stop());

  const mntOf = (pid: number): Target => ({ namespaces: [{ type: 'mnt', inode: inodeOf(pid, 'mnt') }] });
  /** Each way of asking for the files of a process. */
  const waysTo = (pid: number): Entering[] => [
    { target: mntOf(pid) },
    { target: mntOf(pid), user: 'root' },
    { target: { pid, types: ['mnt'] } },
    { target: { pid, types: ['mnt', 'uts'] }, user: '0' },
  ];

  const isHeld = async (entry: Entering, held: { readonly user: number; readonly pid: number }): Promise<void> =>
    whileThere(machine, 'run', entry, command => {
      assert.deepEqual({ user: inodeOf(command, 'user'), pid: inodeOf(command, 'pid') }, held, JSON.stringify(entry));
      assert.equal(statusOf(command, 'NoNewPrivs'), '1', JSON.stringify(entry));
      const bounding = BigInt(`0x${statusOf(command, 'CapBnd')}`);
      assert.equal(bounding & ~everywhere, 0n, JSON.stringify(entry));
    });

  const holdersOf = (pid: number) => ({ user: inodeOf(pid, 'user'), pid: inodeOf(pid, 'pid') });

  it('the user namespace that owns it', async () => {
    const pid = await sleepers.start(...asStranger, ...ofItsOwn, 'sleep', '1000000');
    await machine.call('namespaces/snapshot', {});
    for (const entry of waysTo(pid)) await isHeld(entry, holdersOf(pid));
    const { joined, notices, close } = await opened({ target: mntOf(pid) });
    assert.deepEqual(joined, ['mnt', 'user']);
    assert.ok(notices.includes(`user came with mnt: the programs of mnt:[${inodeOf(pid, 'mnt')}] run only in there`), notices.join('\n'));
    await close();
  });

  it('the same of a root directory that is none of its mount namespace', async () => {
    const pid = await sleepers.start(
      'nsenter',
      `--mount=/proc/${machine.pid}/ns/mnt`,
      ...asStranger,
      'unshare',
      '--user',
      '--map-root-user',
      '--root=/usr',
      '/bin/sleep',
      '1000000',
    );
    assert.equal(inodeOf(pid, 'mnt'), inodeOf(machine.pid, 'mnt'));
    await isHeld({ target: { pid, types: ['mnt'] } }, holdersOf(pid));
    await isHeld({ target: { pid, types: ['mnt'] }, user: '0' }, holdersOf(pid));
  });

  it('the pid namespace of its processes', async () => {
    const pid = await sleepers.start('unshare', '--mount', ...forked, 'sleep', '1000000');
    await machine.call('namespaces/snapshot', {});
    for (const entry of waysTo(pid)) await isHeld(entry, holdersOf(pid));
    const { stdout } = await machine.call('process/run', {
      target: mntOf(pid),
      command: ['sh', '-c', `kill -0 ${machine.pid} || echo out of reach`],
    });
    assert.equal(stdout, 'out of reach\n');
  });

  it('the innermost of several, where a process is further in than the owner', async () => {
    const pid = await sleepers.start(...ofItsOwn, ...forked, 'unshare', '--user', '--map-root-user', 'sleep', '1000000');
    await machine.call('namespaces/snapshot', {});
    await isHeld({ target: { pid, types: ['mnt'] } }, holdersOf(pid));
  });

  it('that owner which has no process, and is two below this machine’s', async () => {
    const outer = await makeRoot(await keepers.start());
    const inner = await makeRoot(await outer.child());
    await inner.do('unshare', 'mnt');
    const [mnt, user] = [inodeOf(inner.pid, 'mnt'), inodeOf(inner.pid, 'user')];
    // One process keeps the mounts, and is in the outer user namespace alone.
    await outer.do('open', `/proc/${inner.pid}/ns/mnt`);
    await inner.end();
    await machine.call('namespaces/refresh', { deep: true });
    await isHeld({ target: { namespaces: [{ type: 'mnt', inode: mnt }] } }, { user, pid: inodeOf(machine.pid, 'pid') });
  });

  it('what its /proc shows, where a process of this machine went into the mounts alone', async () => {
    const pid = await sleepers.start('unshare', '--mount', ...forked, 'sleep', '1000000');
    const visitor = await sleepers.start('nsenter', `--mount=/proc/${pid}/ns/mnt`, 'sleep', '1000000');
    assert.equal(inodeOf(visitor, 'pid'), inodeOf(machine.pid, 'pid'));
    const { stdout } = await machine.call('process/run', { target: { pid: visitor }, command: ['readlink', '/proc/self/ns/pid'] });
    assert.equal(stdout, `pid:[${inodeOf(pid, 'pid')}]\n`);
  });

  it('what its /proc shows, and not what is mounted over the self of that', async () => {
    // open_tree and move_mount have one number everywhere; no program mounts over a link itself.
    const cover = [
      'my ($from, $none, $to) = ("/mnt/self", "", "/proc/self");',
      'my $link = syscall(428, -100, $from, 0x101);', // OPEN_TREE_CLONE|AT_SYMLINK_NOFOLLOW
      'syscall(429, $link, $none, -100, $to, 4) == 0 or die $!;', // MOVE_MOUNT_F_EMPTY_PATH
      'exec "sleep", "1000000"',
    ];
    const script = `mount -t tmpfs tmpfs /mnt && ln -s ${machine.pid} /mnt/self && exec perl -e '${cover.join(' ')}'`;
    const pid = await sleepers.start('unshare', '--mount', ...forked, 'sh', '-ec', script);
    const visitor = await sleepers.start('nsenter', `--mount=/proc/${pid}/ns/mnt`, 'sleep', '1000000');
    await whileThere(machine, 'run', { target: { pid: visitor } }, command => {
      assert.equal(inodeOf(command, 'pid'), inodeOf(pid, 'pid'));
    });
  });

  it('or none of them runs, where nothing shows what that would be', async () => {
    const keeper = await keepers.start();
    const maker = await keeper.child();
    await maker.do('unshare', 'mnt');
    await maker.do('mount', '', '/', '', mountFlags.recursive | mountFlags.private);
    await maker.do('mount', 'tmpfs', '/proc', 'tmpfs', 0);
    const mnt = inodeOf(maker.pid, 'mnt');
    await keeper.do('open', `/proc/${maker.pid}/ns/mnt`);
    await maker.end();
    await machine.call('namespaces/refresh', { deep: true });
    const script = 'readlink /proc/self/ns/mnt; cd "$BURROW_TARGET" && ls -d usr; touch x; usr/bin/true; echo $?';
    const { stdout, stderr } = await machine.call('process/run', {
      target: { namespaces: [{ type: 'mnt', inode: mnt }] },
      command: ['sh', '-c', script],
    });
    assert.doesNotMatch(stdout, new RegExp(`${mnt}`));
    assert.match(stdout, /^mnt:\[\d+\]\nusr\n126\n$/);
    assert.match(stderr, /Read-only file system/);
    const { notices, close } = await opened({ target: { namespaces: [{ type: 'mnt', inode: mnt }] } });
    assert.ok(
      notices.some(each => /so none of them runs$/.test(each)),
      notices.join('\n'),
    );
    await close();
  });

  it('and are refused another one', async () => {
    const [mine, other] = [
      await sleepers.start(...asStranger, ...ofItsOwn, 'sleep', '1000000'),
      await sleepers.start(...asStranger, ...ofItsOwn, 'sleep', '1000000'),
    ];
    await machine.call('namespaces/snapshot', {});
    const namespaces = [
      { type: 'mnt' as const, inode: inodeOf(mine, 'mnt') },
      { type: 'user' as const, inode: inodeOf(other, 'user') },
    ];
    const failure = await machine.failure('process/run', { target: { namespaces }, command: ['true'] });
    assert.equal(failure.kind, 'invalid');
    assert.match(failure.message, /cannot run in user:\[\d+\], which is outside of what holds them\.$/);
    assert.equal(failure.hint, 'Leave user out: the right one comes with mnt.');
  });

  it('while its files alone are shown to this machine’s tools, to be read unless it is asked for', async () => {
    const script = 'mount -t tmpfs tmpfs /mnt && chmod 777 /mnt && cp /usr/bin/true /mnt/true && exec sleep 1000000';
    const pid = await sleepers.start('unshare', '--mount', 'sh', '-c', script);
    const command = ['sh', '-c', 'cd "$BURROW_TARGET/mnt" && ls; touch new && ls; ./true; echo $?'];
    const files = { target: { pid, types: ['mnt' as const] }, tools: '/', command };
    const read = await machine.call('process/run', files);
    assert.equal(read.stdout, 'true\n126\n');
    assert.match(read.stderr, /Read-only file system/);
    const changed = await machine.call('process/run', { ...files, writable: true });
    assert.equal(changed.stdout, 'true\nnew\ntrue\n126\n');
  });

  async function opened(entry: Entering) {
    const terminal = await Terminal.open(machine, { ...entry, command: ['sleep', '1000000'] });
    return { joined: [...terminal.joined].sort(), notices: terminal.notices, close: () => terminal.close() };
  }
});

/** Of all sets: what an engine leaves root of a container. */
const everywhere = [...containerCapabilities].reduce((sum, name) => sum | (1n << BigInt(numberOf(name))), 0n);

function numberOf(name: string): number {
  const header = readFileSync('/usr/include/linux/capability.h', 'utf8');
  return Number(new RegExp(`^#define ${name}\\s+(\\d+)`, 'm').exec(header)?.[1]);
}

async function makeRoot(keeper: Keeper): Promise<Keeper> {
  await keeper.becomeRootOfItsOwn();
  return keeper;
}
