// What a definition mounts: each kind, seen and tried from inside, and where it does not lead outside.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Mount } from '../../../helper/protocol/definition/mounts.ts';
import { whoMakes } from '../support/callers.ts';
import { rootFileSystem, setClient } from '../support/client.ts';

type Input = Partial<Mount> & { readonly type: Mount['type']; readonly path: string };

for (const maker of whoMakes)
  describe(`mounts, for ${maker.who}`, () => {
    const client = setClient(maker);
    const source = `${client.folder}/source`;
    let tree = '';
    before(() => {
      tree = rootFileSystem(client);
      mkdirSync(`${source}/below`, { recursive: true });
      writeFileSync(`${source}/file`, 'from outside\n');
      chmodSync(source, 0o777);
    });
    after(() => rmSync(source, { recursive: true, force: true }));
    const make = (...mounts: readonly Input[]) => client.create({ name: 'web', mounts: mounts as never });
    const empty = (...mounts: readonly Input[]) =>
      client.create({
        name: 'web',
        root: 'empty',
        environment: { PATH: '/os/bin' },
        mounts: [{ type: 'bind', source: tree, path: '/os' }, ...(mounts as never[])],
      });

    it('tmpfs: has its size and mode, holds no more (ENOSPC), and is seen only inside', async () => {
      const { id } = await make({ type: 'tmpfs', path: '/mnt', size: 65_536, mode: '1770' });
      assert.equal(await client.inside(id, 'stat --format=%a /mnt; stat --file-system --format="%T %S %b" /mnt'), '1770\ntmpfs 4096 16\n');
      assert.match(await client.inside(id, 'head -c 100000 /dev/zero > /mnt/big'), /No space left on device/);
      assert.equal(await client.inside(id, 'stat --format=%s /mnt/big'), '65536\n');
      assert.equal(client.machine.run('ls', '-A', '/mnt').includes('big'), false);
      assert.ok(!client.machine.run('cat', '/proc/self/mountinfo').includes(' /mnt '));
    });

    it('bind: a file, a directory and what is below, read-only unless it says otherwise', async () => {
      const { id } = await make(
        { type: 'bind', source, path: '/mnt' },
        { type: 'bind', source, path: '/media', readonly: false },
        { type: 'bind', source: `${source}/file`, path: '/etc/hostname' },
      );
      assert.equal(await client.inside(id, 'cat /mnt/file /media/file /etc/hostname'), 'from outside\n'.repeat(3));
      for (const attempt of ['echo x > /mnt/file', 'echo x > /etc/hostname', 'mount -o remount,rw,bind /mnt; touch /mnt/x', 'rm /mnt/file'])
        assert.match(await client.inside(id, attempt), /Read-only file system/, attempt);
      assert.equal(await client.inside(id, 'echo x > /media/new && cat /mnt/new && rm /media/new'), 'x\n');
    });

    it('file: has its content and mode, belongs to root inside, and is nowhere outside', async () => {
      const { id } = await make(
        { type: 'file', path: '/run/motd.burrow', content: 'hello\n', mode: '666' },
        { type: 'file', path: '/etc/hostname', content: 'over\n', mode: '640' },
        { type: 'file', path: '/etc/passwd', content: 'x'.repeat(256 * 1024) },
      );
      assert.equal(
        await client.inside(id, 'cat /run/motd.burrow /etc/hostname; stat --format="%a %u %g" /run/motd.burrow /etc/hostname'),
        'hello\nover\n666 0 0\n640 0 0\n',
      );
      assert.equal(await client.inside(id, 'wc -c < /etc/passwd'), `${256 * 1024}\n`);
      assert.notEqual(readFileSync('/etc/hostname', 'utf8'), 'over\n');
      assert.ok(!existsSync('/run/motd.burrow'));
    });

    it('file: where there is none, it is made where root inside may make one', async () => {
      const mounts = [{ type: 'file', path: '/etc/new.burrow', content: 'new\n' }] as const;
      if (maker.uid === 0) {
        const { id } = await make(...mounts);
        assert.equal(await client.inside(id, 'cat /etc/new.burrow'), 'new\n');
      } else {
        const failure = await client.refused({ name: 'web', network: 'none', mounts });
        assert.deepEqual([failure.syscall, failure.errno], ['openat2', 'ENOENT']);
      }
      assert.ok(!existsSync('/etc/new.burrow'));
      const fixed = await client.refused({ name: 'fixed', network: 'none', root: 'readonly', mounts });
      assert.deepEqual([fixed.syscall, fixed.errno], ['openat2', 'ENOENT']);
      assert.ok(!existsSync('/etc/new.burrow'));
    });

    it('mask and readonly: hide a file and a directory, and keep them as they are', async () => {
      const { id } = await make(
        { type: 'mask', path: '/etc/passwd' },
        { type: 'mask', path: '/usr/share' },
        { type: 'mask', path: '/no/such' },
        { type: 'readonly', path: '/etc' },
        { type: 'readonly', path: '/usr/bin/env' },
      );
      assert.equal(await client.inside(id, 'wc -c < /etc/passwd; ls -A /usr/share'), '0\n');
      for (const attempt of ['touch /etc/new', 'echo x > /usr/bin/env', 'touch /usr/share/new'])
        assert.match(await client.inside(id, attempt), /Read-only file system/, attempt);
      assert.match(
        await client.inside(id, 'umount /etc/passwd; umount /usr/share; wc -c < /etc/passwd; ls -A /usr/share'),
        maker.uid === 0 ? /^0\n/ : /^\d+\n/,
      );
    });

    it('proc, sysfs, devpts, mqueue, cgroup2 and dev: also elsewhere', async () => {
      const types = ['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup2', 'dev'] as const;
      const { id } = await empty(...types.map(type => ({ type, path: `/x/${type}` })));
      const said = await client.inside(
        id,
        'cat /x/proc/1/comm; ls /x/sysfs/class/net; ls /x/devpts; ls -A /x/mqueue; ls /x/cgroup2/cgroup.procs; ls /x/dev; echo x > /x/dev/null; grep " /x/" /proc/self/mountinfo | sed "s/.* - //; s/ .*//" | sort -u',
      );
      assert.equal(
        said,
        'burrow-init\nlo\nptmx\n/x/cgroup2/cgroup.procs\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n' +
          (maker.uid === 0
            ? 'cgroup2\ndevpts\nmqueue\nproc\nsysfs\ntmpfs\n'
            : 'cgroup2\ndevpts\ndevtmpfs\nmqueue\nproc\nsysfs\ntmpfs\n'
          ).replace('devtmpfs\n', said.includes('devtmpfs\n') ? 'devtmpfs\n' : ''),
      );
      for (const attempt of [
        'echo x > /x/proc/sys/kernel/core_pattern',
        'echo 1 > /x/sysfs/kernel/mm/ksm/run',
        'echo b > /x/proc/sysrq-trigger',
      ])
        assert.match(await client.inside(id, attempt), /Read-only|denied|nonexistent|No such/, attempt);
    });

    it('a message queue made inside is seen only inside', async () => {
      const { id } = await make({ type: 'mqueue', path: '/mnt' });
      const perl = (line: string): string => `perl -e '${line}'`;
      // mq_open(2) with O_CREAT | O_RDWR; 240 on x86-64, 180 on arm64.
      const number = process.arch === 'arm64' ? 180 : 240;
      const name = `burrow${process.pid}`;
      assert.equal(
        await client.inside(id, perl(`my $name = "${name}"; $r = syscall(${number}, $name, 66, 384, 0); print $r < 0 ? 0 + $! : "made"`)),
        'made',
      );
      assert.equal(await client.inside(id, 'ls /dev/mqueue /mnt'), `/dev/mqueue:\n${name}\n\n/mnt:\n${name}\n`);
      assert.equal(client.machine.run('perl', '-e', `my $name = "${name}"; syscall(${number}, $name, 2, 0, 0); print 0 + $!`), '2'); // ENOENT
    });

    it('what is mounted is in the order in which it stands', async () => {
      const { id } = await make(
        { type: 'tmpfs', path: '/mnt' },
        { type: 'file', path: '/mnt/a', content: 'first\n' },
        { type: 'bind', source, path: '/media' },
        { type: 'tmpfs', path: '/media/below' },
      );
      assert.equal(await client.inside(id, 'cat /mnt/a; touch /media/below/x; ls /media/below'), 'first\nx\n');
      assert.deepEqual(readdirSync(`${source}/below`), []);
    });

    describe('a root file system of somebody else’s', () => {
      const trap = `${client.folder}/trap`;
      const outside = `${client.folder}/outside`;
      const build = (prepare: () => void): void => {
        rmSync(trap, { recursive: true, force: true });
        rmSync(outside, { recursive: true, force: true });
        for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'bad', 'mnt']) mkdirSync(`${trap}/${name}`, { recursive: true });
        mkdirSync(outside);
        writeFileSync(`${outside}/file`, 'outside\n');
        prepare();
        for (const path of [trap, outside]) chownSync(path, maker.uid, maker.uid);
      };
      after(() => {
        for (const path of [trap, outside]) rmSync(path, { recursive: true, force: true });
      });
      const link = (to: string, name: string): void => {
        rmSync(`${trap}/${name}`, { recursive: true, force: true });
        symlinkSync(to, `${trap}/${name}`);
      };

      for (const [name, to] of [
        ['proc', '/bad'],
        ['proc', 'bad'],
        ['sys', '../../outside'],
        ['dev', '/tmp/outside'],
        ['run', '/proc/1/root'],
      ] as const)
        it(`is refused when its /${name} is a link to ${to}, and nothing is mounted there`, async () => {
          build(() => link(to, name));
          const failure = await client.refused({ name: 'web', root: { directory: trap }, network: 'none' });
          assert.deepEqual([failure.syscall, failure.errno], ['openat2', 'ELOOP'], failure.message);
          await client.machine.requireClean();
          assert.deepEqual(readdirSync(outside), ['file']);
        });

      for (const to of ['/proc/1/root/tmp', '/proc/self/fd/4', '../../../../../../../tmp', '/../../outside'])
        it(`a place that is a link to ${to} leads to nothing outside`, async () => {
          build(() => link(to, 'mnt/place'));
          const definition = {
            name: 'web',
            root: { directory: trap, readonly: false },
            network: 'none' as const,
            command: ['/os/bin/busybox', 'true'],
            mounts: [{ type: 'tmpfs', path: '/mnt/place' }],
          };
          const before = client.machine.run('cat', '/proc/self/mountinfo');
          const made = await client.call('sandbox/create', { definition } as never).catch((error: unknown) => error);
          assert.equal(client.machine.run('cat', '/proc/self/mountinfo'), before);
          assert.deepEqual(readdirSync(outside), ['file']);
          if (made instanceof Error) assert.match(made.message, /openat2: (ELOOP|ENOENT)/);
        });
    });
  });
