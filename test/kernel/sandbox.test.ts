import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { types } from './support/belongings.ts';
import { inSandbox, ordinary, whoMakes } from './support/callers.ts';
import type { Machine } from './support/machine.ts';
import { inodesOf, inside, lsns } from './support/namespaces.ts';

interface Link {
  readonly ifname: string;
  readonly operstate: string;
  readonly flags: string[];
  readonly addr_info: { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

for (const maker of whoMakes)
  describe(`sandbox of ${maker.who}`, () => {
    let machine: Machine;
    before(async () => {
      machine = await maker.start();
    });
    afterEach(() => machine.requireClean());
    after(() => machine.stop());
    const make = (definition: Parameters<typeof maker.create>[1] = { name: 'web' }) => maker.create(machine, definition);

    it('has all eight namespaces of its own', async () => {
      const sandbox = await make();
      const [theirs, ours] = [inodesOf(sandbox.pid), inodesOf(machine.pid)];
      assert.deepEqual(sandbox.namespaces, theirs);
      for (const type of types) assert.notEqual(theirs[type], ours[type], type);
      const listed = new Set(lsns().map(each => each.ns));
      for (const type of types) assert.ok(listed.has(theirs[type]), type);
    });

    it('maps its maker to root inside, and nobody else', async () => {
      const { pid, uid } = await make();
      assert.equal(uid, maker.uid);
      assert.deepEqual(machine.run('cat', `/proc/${pid}/uid_map`, `/proc/${pid}/gid_map`).trim().split(/\s+/), [
        '0',
        `${maker.uid}`,
        '1',
        '0',
        `${maker.uid}`,
        '1',
      ]);
      assert.equal(inside(pid, 'cat', '/proc/self/setgroups'), 'deny\n');
      const user = lsns().find(each => each.ns === inodesOf(pid).user);
      const net = lsns().find(each => each.ns === inodesOf(pid).net);
      assert.equal(net?.owner, user?.ns);
      assert.match(machine.run('cat', `/proc/${pid}/status`), new RegExp(`^Uid:\\t${maker.uid}\\t${maker.uid}\\t`, 'm'));
    });

    it('has a hostname, a /proc and an init of its own', async () => {
      const { pid } = await make({ name: 'web', hostname: 'db.test' });
      assert.equal(inside(pid, 'hostname'), 'db.test\n');
      assert.equal(inside(pid, 'cat', '/proc/1/comm'), 'burrow-init\n');
      const pids = inside(pid, 'sh', '-c', 'ls /proc')
        .split('\n')
        .filter(name => /^\d+$/.test(name));
      assert.equal(pids[0], '1');
      assert.ok(pids.length <= 3, pids.join(' ')); // init, sh, ls
    });

    it('takes in orphans', async () => {
      const { pid } = await make();
      inside(pid, 'sh', '-c', '(sleep 0 & exec true) & wait');
      assert.equal(inside(pid, 'sh', '-c', 'grep -l "State:.Z" /proc/[0-9]*/status || true'), '');
    });

    it('has a veth pair with an address at both ends, up, over which both answer', async () => {
      const { pid, networks } = await make();
      const [network] = networks;
      assert.ok(network);
      const links = (text: string): Link[] => JSON.parse(text) as Link[];
      const here = links(machine.run('ip', '-j', 'address')).find(link => link.ifname === network.hostLink);
      const there = links(inside(pid, 'ip', '-j', 'address'));
      const written = (link: Link | undefined) =>
        link?.addr_info.filter(each => each.family === 'inet').map(each => `${each.local}/${each.prefixlen}`);
      assert.deepEqual(written(here), [network.hostAddress]);
      assert.deepEqual(written(there.find(link => link.ifname === network.link)), [network.address]);
      assert.deepEqual(there.map(link => link.ifname).sort(), ['eth0', 'lo']);
      for (const link of [here, ...there]) assert.ok(link?.flags.includes('UP'), link?.ifname);
      const [host, address] = [network.hostAddress, network.address].map(each => each.split('/')[0] ?? '');
      assert.match(machine.run('ping', '-c', '1', '-W', '5', address ?? ''), / 0% packet loss/);
      assert.match(machine.run('nsenter', `--net=/proc/${pid}/ns/net`, 'ping', '-c', '1', '-W', '5', host ?? ''), / 0% packet loss/);
    });

    it('gives the next one another subnet', async () => {
      const [one, other] = [await make({ name: 'one' }), await make({ name: 'other' })];
      assert.deepEqual(
        [one, other].map(({ networks: [network] }) => network?.hostAddress),
        ['10.201.0.1/30', '10.201.0.5/30'],
      );
    });

    it('throws away what is written, and the machine never sees it', async () => {
      const { pid } = await make();
      const file = `/tmp/burrow-kernel-${process.pid}`;
      inSandbox(pid, `echo x > ${file} && echo y > /dev/shm/y && echo z > /run/z`);
      assert.equal(inside(pid, 'cat', file, '/dev/shm/y', '/run/z'), 'x\ny\nz\n');
      assert.equal(machine.run('sh', '-c', `ls ${file} /dev/shm/y /run/z 2>/dev/null || true`), '');
      assert.match(inside(pid, 'grep', ' /tmp ', '/proc/self/mountinfo'), / - tmpfs /);
    });

    it('sees no socket of the helper or of another service', async () => {
      const { pid } = await make();
      assert.equal(inside(pid, 'sh', '-c', 'ls -A /run'), '');
      assert.equal(inside(pid, 'sh', '-c', 'grep -c burrow-kernel /proc/net/unix || true'), '0\n');
      const devices = inside(pid, 'sh', '-c', 'ls /dev').trim().split('\n');
      assert.deepEqual(devices, [
        'fd',
        'full',
        'mqueue',
        'null',
        'ptmx',
        'pts',
        'random',
        'shm',
        'stderr',
        'stdin',
        'stdout',
        'tty',
        'urandom',
        'zero',
      ]);
      assert.equal(inside(pid, 'sh', '-c', 'echo x > /dev/null && head -c 3 /dev/zero | od -An -tx1'), ' 00 00 00\n');
    });

    it('gives a terminal as root inside, with a tty of its own', async () => {
      const { id, pid } = await make();
      const { stdout } = await machine.call('process/run', {
        target: { sandbox: id },
        command: ['sh', '-c', 'id -u; hostname; readlink /proc/self/ns/user'],
      });
      assert.equal(stdout, `0\nweb\nuser:[${inodesOf(pid).user}]\n`);
    });

    it('removed leaves nothing, and removed again is no error', async () => {
      const { id, pid, networks } = await make();
      inside(pid, 'sh', '-c', 'sleep 1000 >/dev/null 2>&1 & sleep 1000 >/dev/null 2>&1 &');
      await machine.call('sandbox/remove', { sandbox: id });
      assert.ok(!machine.run('ip', '-br', 'link').includes(networks[0]?.hostLink ?? ''));
      await machine.call('sandbox/remove', { sandbox: id });
      await machine.call('sandbox/remove', { sandbox: 'never-there' });
      assert.deepEqual(await machine.call('sandbox/list', {}), { sandboxes: [] });
    });

    it('whose init ends is removed with all that belongs to it', async () => {
      const { pid, networks } = await make();
      process.kill(pid, 'SIGTERM');
      await machine.requireClean();
      assert.ok(!machine.run('ip', '-br', 'link').includes(networks[0]?.hostLink ?? ''));
    });

    if (maker === ordinary)
      it('cannot change what root owns outside', async () => {
        const { pid } = await make({ name: 'web', mounts: [{ type: 'bind', source: '/etc', path: '/mnt', readonly: false }] });
        const { status, stderr } = await tryInside(
          machine,
          pid,
          'echo x >> /mnt/passwd; touch /mnt/burrow-kernel; chown 0 /mnt/hostname; rm /mnt/hostname',
        );
        assert.equal(status, 1);
        assert.match(stderr, /passwd: Permission denied[\s\S]*burrow-kernel.*Permission denied[\s\S]*hostname/);
      });
  });

async function tryInside(machine: Machine, pid: number, script: string): Promise<{ status: number | undefined; stderr: string }> {
  const { exitCode, stderr } = await machine.call('process/run', { target: { pid }, command: ['sh', '-c', script] });
  return { status: exitCode, stderr };
}
