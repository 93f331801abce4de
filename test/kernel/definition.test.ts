import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { Fixture } from '../support/fixture.ts';
import { asOrdinary, inSandbox, ordinary, root } from './support/callers.ts';
import { Machine } from './support/machine.ts';
import { inside } from './support/namespaces.ts';

/** /etc/subuid and /etc/subgid of this machine's mount namespace only. */
const subordinate = (folder: string): string =>
  `mkdir -p ${folder} && echo '61001:100000:1000' >${folder}/subuid && cp ${folder}/subuid ${folder}/subgid && ` +
  `for f in subuid subgid; do touch -a /etc/$f; mount --bind ${folder}/$f /etc/$f; done`;

const FX_ROOT = `/tmp/burrow-kernel-definition-${process.pid}`;

describe('a key of the definition', () => {
  let machine: Machine;
  const fixture = new Fixture('unshare', { FX_ROOT });
  before(async () => {
    machine = await Machine.start({ user: ordinary.uid, prepare: subordinate(`${FX_ROOT}-ids`) });
    fixture.start(); // for its root file system
    fixture.stop();
    mkdirSync(`${FX_ROOT}/source`, { recursive: true });
    writeFileSync(`${FX_ROOT}/source/file`, 'from outside\n');
    chmodSync(`${FX_ROOT}/source`, 0o777);
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
    rmSync(`${FX_ROOT}-ids`, { recursive: true, force: true });
  });

  const source = `${FX_ROOT}/source`;
  const refused = (pid: number, script: string): string => inSandbox(pid, `{ ${script}; } 2>&1 || true`);

  for (const maker of [root, ordinary])
    describe(`for ${maker.who}`, () => {
      it('root readonly: shows this machine’s files and lets none be written', async () => {
        const { pid } = await maker.create(machine, { name: 'web', root: 'readonly' });
        assert.equal(inside(pid, 'cat', '/etc/passwd'), readFileSync('/etc/passwd', 'utf8'));
        assert.match(refused(pid, 'echo x > /var/burrow-kernel'), /Read-only file system/);
        assert.match(refused(pid, 'mount -o remount,rw,bind /'), /permission denied|not permitted/i);
        assert.equal(inSandbox(pid, 'echo x > /tmp/x && cat /tmp/x'), 'x\n');
      });

      it('root directory: is the whole root, read-only unless it says otherwise', async () => {
        const rootfs = `${FX_ROOT}/rootfs`;
        const { pid } = await maker.create(machine, { name: 'web', root: { directory: rootfs } });
        assert.match(inside(pid, '/bin/busybox', 'cat', '/etc/os-release'), /^ID=busybox/);
        assert.match(refused(pid, 'echo x > /etc/x'), /Read-only file system/);
        const { stdout } = await machine.call('process/run', { target: { pid }, command: ['sh', '-c', 'hostname; id -u; ls /dev/pts'] });
        assert.equal(stdout, 'web\n0\nptmx\n');
      });

      it('mounts: binds what is outside, read-only unless it says otherwise', async () => {
        const { pid } = await maker.create(machine, {
          name: 'web',
          mounts: [
            { type: 'bind', source, path: '/mnt' },
            { type: 'bind', source, path: '/media', readonly: false },
          ],
        });
        assert.equal(inside(pid, 'cat', '/mnt/file', '/media/file'), 'from outside\nfrom outside\n');
        assert.match(refused(pid, 'echo x > /mnt/new'), /Read-only file system/);
        assert.match(refused(pid, 'mount -o remount,rw,bind /mnt'), /permission denied|not permitted/i);
        inSandbox(pid, 'echo inside > /media/new');
        assert.equal(readFileSync(`${source}/new`, 'utf8'), 'inside\n');
        rmSync(`${source}/new`);
      });

      it('mounts: gives a tmpfs its size and mode', async () => {
        const { pid } = await maker.create(machine, {
          name: 'web',
          mounts: [{ type: 'tmpfs', path: '/mnt', size: 65_536, mode: '750' }],
        });
        assert.equal(inside(pid, 'stat', '--format=%a', '/mnt'), '750\n');
        assert.match(refused(pid, 'head -c 100000 /dev/zero > /mnt/big'), /No space left on device/);
        assert.equal(inside(pid, 'stat', '--format=%s', '/mnt/big'), '65536\n');
      });

      it('time: offsets both clocks', async () => {
        const { pid } = await maker.create(machine, { name: 'web', time: { monotonicSeconds: 3600, boottimeSeconds: 86_400 } });
        assert.match(machine.run('cat', `/proc/${pid}/timens_offsets`), /^monotonic\s+3600\s+0\nboottime\s+86400\s+0\n$/);
        const [here = 0, there = 0] = [machine.run('cat', '/proc/uptime'), inside(pid, 'cat', '/proc/uptime')].map(text =>
          Number(text.split(' ')[0]),
        );
        assert.ok(there - here >= 86_400, `${there} against ${here}`);
      });

      it('network none: leaves the loopback, up, and makes no link outside', async () => {
        const links = machine.run('ip', '-o', 'link');
        const { pid, networks } = await maker.create(machine, { name: 'web', network: 'none' });
        assert.deepEqual(networks, []);
        assert.equal(machine.run('ip', '-o', 'link'), links);
        assert.match(inside(pid, 'ip', '-o', 'link'), /^1: lo: <LOOPBACK,UP,LOWER_UP>[^\n]*\n$/);
      });

      it('network: takes the addresses given', async () => {
        const { pid, networks } = await maker.create(machine, {
          name: 'web',
          network: { host: '198.51.100.129/29', address: '198.51.100.134/29' },
        });
        assert.match(inside(pid, 'ip', '-o', '-4', 'address'), / eth0 +inet 198\.51\.100\.134\/29 /);
        assert.match(machine.run('ip', '-o', '-4', 'address'), new RegExp(` ${networks[0]?.hostLink} +inet 198\\.51\\.100\\.129/29 `));
      });
    });

  it('users auto: maps the range of /etc/subuid too, and root inside may become such a user', async () => {
    const { pid } = await ordinary.create(machine, { name: 'web', users: 'auto' });
    const map = ['0', '61001', '1', '1', '100000', '1000'];
    assert.deepEqual(machine.run('cat', `/proc/${pid}/uid_map`, `/proc/${pid}/gid_map`).trim().split(/\s+/), [...map, ...map]);
    assert.equal(inside(pid, 'setpriv', '--reuid', '100', '--regid', '100', '--clear-groups', 'id', '-u'), '100\n');
    const { stdout } = await machine.call('process/run', { target: { pid }, command: ['id', '-u'], user: '1000:1000' });
    assert.equal(stdout, '1000\n');
  });

  it('users auto: says how to get a range, with a command that root can type and ids that are nobody’s', async () => {
    const failure = await machine.failure('sandbox/create', { definition: { name: 'web', users: 'auto' } });
    const command = 'usermod --add-subuids 101000-166535 --add-subgids 101000-166535 root';
    assert.deepEqual(failure, {
      kind: 'unsupported',
      message: '"users": "auto" needs a range of ids, but /etc/subuid gives root none.',
      subject: '/etc/subuid',
      hint: `Add one as root with ${command}, or use "users": "root".`,
    });
    // In a copy: usermod renames its files, which those of this machine cannot be.
    const etc = `${FX_ROOT}-ids/etc`;
    const apart = `mkdir ${etc} && cp -a /etc/. ${etc} && mount --bind ${etc} /etc && ${command} && tail -qn1 /etc/subuid /etc/subgid`;
    assert.equal(machine.run('unshare', '--mount', 'sh', '-c', apart), 'root:101000:65536\n'.repeat(2));
  });

  it('does not lend an ordinary user the right to read what the bind mounts', async () => {
    mkdirSync(`${FX_ROOT}/secret`, { mode: 0o700 });
    const definition = { name: 'web', mounts: [{ type: 'bind', source: `${FX_ROOT}/secret/below`, path: '/mnt' }] };
    const { status, stderr } = machine.type(['call', 'sandbox/create', JSON.stringify({ definition })], { as: asOrdinary });
    assert.equal(status, 1);
    const failure = JSON.parse(stderr);
    assert.deepEqual([failure.kind, failure.syscall, failure.errno], ['denied', 'openat2', 'EACCES']);
    assert.equal(failure.hint, 'You may not reach the source of the mount; root inside has no more rights outside than you.');
  });
});
