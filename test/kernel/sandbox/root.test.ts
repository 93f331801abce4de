// What a sandbox's root directory shows, what can be written to it, and that nothing else of the host is reached.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants as constantsOfOs } from 'node:os';
import { before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { whoMakes } from '../support/callers.ts';
import { rootFileSystem, setClient } from '../support/client.ts';

type Root = NonNullable<DefinitionInput['root']>;

for (const maker of whoMakes)
  describe(`root, for ${maker.who}`, () => {
    const client = setClient(maker);
    let tree = '';
    const own = `${client.folder}/own`;
    before(() => {
      tree = rootFileSystem(client);
      // The maker's own, so that root inside may write to it.
      execFileSync('cp', ['-a', tree, own]);
      execFileSync('chown', ['-R', `${maker.uid}:${maker.uid}`, own]);
      execFileSync('tar', ['-C', own, '-cf', `${client.folder}/tree.tar`, '.']);
    });

    /** Where the machine's files are seen, and what becomes of what is written. */
    const kinds: readonly { name: string; root: () => Root; shows: 'host' | 'tree'; writes: 'refused' | 'vanish' | 'stay' }[] = [
      { name: 'discard', root: () => 'discard', shows: 'host', writes: 'vanish' },
      { name: 'readonly', root: () => 'readonly', shows: 'host', writes: 'refused' },
      { name: 'host', root: () => 'host', shows: 'host', writes: 'stay' },
      { name: 'directory', root: () => ({ directory: own }), shows: 'tree', writes: 'refused' },
      { name: 'writable directory', root: () => ({ directory: own, readonly: false }), shows: 'tree', writes: 'stay' },
      { name: 'archive', root: () => ({ archive: `${client.folder}/tree.tar` }), shows: 'tree', writes: 'vanish' },
    ];

    for (const { name, root, shows, writes } of kinds) {
      /** Where everybody may write on the machine, and what stands for it in the tree. */
      const place = shows === 'host' ? '/var/tmp' : '/etc';
      const outside = shows === 'host' ? '/var/tmp' : `${own}/etc`;
      const file = `burrow-kernel-${process.pid}`;

      it(`${name}: shows the files of ${shows === 'host' ? 'this machine' : 'the tree'}, and what is written ${writes === 'stay' ? 'stays' : writes === 'vanish' ? 'vanishes' : 'is refused'}`, async () => {
        const { id } = await client.create({ name: 'web', root: root() });
        const release = readFileSync(shows === 'host' ? '/etc/os-release' : `${tree}/etc/os-release`, 'utf8');
        assert.equal(await client.inside(id, 'cat /etc/os-release'), release);
        const said = await client.inside(id, `echo written > ${place}/${file} && cat ${place}/${file}`);
        if (writes === 'refused') assert.match(said, /Read-only file system/);
        else assert.equal(said, 'written\n');
        const stays = existsSync(`${outside}/${file}`);
        rmSync(`${outside}/${file}`, { force: true });
        assert.equal(stays, writes === 'stay');
        await client.call('sandbox/remove', { sandbox: id });
        assert.ok(!existsSync(`${outside}/${file}`));
      });

      if (writes === 'refused')
        it(`${name}: cannot be made writable from inside`, async () => {
          const { id } = await client.create({ name: 'web', root: root() });
          for (const attempt of [
            'mount -o remount,rw /',
            'mount -o remount,rw,bind /',
            'mount --rbind / /mnt && mount -o remount,rw,bind /mnt',
          ])
            assert.match(await client.inside(id, attempt), /denied|not permitted|Read-only/i, attempt);
          assert.match(await client.inside(id, `echo x > ${place}/${file}`), /Read-only file system/);
        });

      if (name !== 'host')
        it(`${name}: nothing of the old root is reached`, async () => {
          const secret = `${client.folder}/secret-of-the-host`;
          writeFileSync(secret, 'secret\n');
          chownSync(secret, maker.uid, maker.uid);
          // A tree has no such file, and a view of this machine has it only where it belongs.
          const { id, pid } = await client.create({ name: 'web', root: root() });
          const table = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
            .trimEnd()
            .split('\n')
            .map(line => line.split(' '));
          const points = table.map(fields => fields[4]);
          assert.equal(points.filter(point => point === '/').length, 1, points.join(' '));
          // The parent of the root's mount is not among them: nothing lies under it.
          const ids = table.map(fields => fields[0]);
          const [parent] = table.filter(fields => fields[4] === '/').map(fields => fields[1]);
          assert.ok(!ids.includes(parent));
          // A view of this machine has what the machine has mounted; a tree has no more than what is its own.
          const machines =
            shows === 'host'
              ? client.machine
                  .run('cat', '/proc/self/mountinfo')
                  .split('\n')
                  .map(line => line.split(' ')[4])
              : [];
          for (const point of points) assert.ok(machines.includes(point) || /^\/(?:$|proc|sys|dev|run|tmp)/.test(point ?? ''), point);
          assert.equal(
            await client.inside(id, 'cd /; cd ../../../..; pwd -P; ls -d /.. /proc/1/root/.. 2>/dev/null | sort -u'),
            '/\n/..\n',
          );
          const found = await client.inside(
            id,
            `for p in /proc/[0-9]*/root /proc/[0-9]*/cwd; do cat $p${secret} 2>/dev/null; done; ls ${client.machine.folder} 2>&1`,
          );
          if (shows === 'host') assert.match(found, /^(secret\n)*[^\n]*No such file or directory\n$/);
          else assert.match(found, /^[^\n]*No such file or directory\n$/);
        });

      it(`${name}: has /proc, /sys, /dev and /run of its own, or the machine’s where it is that`, async () => {
        const { id } = await client.create({ name: 'web', root: root() });
        assert.match(await client.inside(id, 'cat /proc/1/comm; echo /proc/[0-9]*'), /^burrow-init\n\/proc\/1 \/proc\/\d+\n$/);
        const run = await client.inside(id, 'ls -A /run');
        if (name === 'host') assert.ok(run.includes(client.machine.folder.split('/').at(-1) ?? '?'));
        else assert.equal(run, '');
        assert.equal(await client.inside(id, 'echo x > /dev/null; head -c 2 /dev/zero | od -An -tx1 | tr -d " "'), '0000\n');
        // /sys of a network namespace without links.
        assert.equal(await client.inside(id, 'ls /sys/class/net'), 'lo\n');
      });

      it(`${name}: whatever is unmounted inside, nothing of the host’s comes to light`, async () => {
        const { id } = await client.create({ name: 'web', root: root() });
        const before = await client.inside(id, 'ls -A /run /dev | sort');
        const unmount =
          'for i in 1 2 3; do for m in /run /dev/pts /dev/shm /dev/mqueue /dev /sys /tmp /proc; do umount $m 2>/dev/null; umount -l $m 2>/dev/null; done; done';
        const after = await client.inside(id, `${unmount}; ls -A /run; ls -A /dev; ls -A /proc | head -n 1; ls -A /sys`);
        if (name === 'host')
          assert.ok(before.length > 0); // it is the machine's
        else {
          assert.ok(!after.includes('burrow-kernel'), after);
          assert.ok(!/^(?:mem|kmsg|sda|vda|loop0|mapper|fuse)$/m.test(after), after);
          assert.ok(!/helper\.sock|systemd|docker|dbus/.test(after), after);
        }
      });
    }

    it('empty: has nothing but what is mounted', async () => {
      const { id } = await client.create({
        name: 'web',
        root: 'empty',
        mounts: [
          { type: 'bind', source: tree, path: '/os' },
          { type: 'tmpfs', path: '/a/b/c', size: 4096, mode: '700' },
          { type: 'file', path: '/d/e/motd', content: 'hello\n' },
        ],
      });
      const run = async (...command: string[]): Promise<string> => {
        const { stdout, stderr } = await client.call('process/run', { target: { sandbox: id }, command: ['/os/bin/busybox', ...command] });
        return stdout + stderr;
      };
      assert.equal(await run('ls', '-A', '/'), 'a\nd\ndev\nos\nproc\nrun\nsys\n');
      assert.equal(await run('cat', '/d/e/motd'), 'hello\n');
      assert.equal(await run('stat', '-c', '%a', '/a/b/c'), '700\n');
      assert.equal(await run('sh', '-c', 'echo x > /y && cat /y'), 'x\n');
      const report = await client.run({
        name: 'run',
        root: 'empty',
        mounts: [{ type: 'bind', source: tree, path: '/os' }],
        command: ['/os/bin/busybox', 'id', '-u'],
      });
      assert.deepEqual([report.stdout, report.exitCode], ['0\n', 0]);
      const failure = await client.failure('sandbox/run', {
        definition: { name: 'none', root: 'empty', network: 'none', command: ['true'] },
      });
      assert.deepEqual([failure.kind, failure.message], ['no-command', 'none has no command "true".']);
    });

    it('what the machine has mounted besides its root is seen, and written to as the root is', async () => {
      const { machine } = client;
      const disk = `${client.folder}/disk`;
      mkdirSync(`${disk}/lower`, { recursive: true });
      // A disk of its own, as far as anybody can tell.
      machine.run(
        'sh',
        '-c',
        `truncate -s 8M ${disk}/image && mkfs.ext4 -q ${disk}/image && mkdir -p /mnt && mount -o loop ${disk}/image /mnt && chmod 777 /mnt && echo there > /mnt/file`,
      );
      try {
        const thrown = await client.create({ name: 'thrown', root: 'discard' });
        assert.equal(await client.inside(thrown.id, 'cat /mnt/file; echo new > /mnt/new && cat /mnt/new'), 'there\nnew\n');
        assert.equal(machine.run('ls', '/mnt'), 'file\nlost+found\n');
        const fixed = await client.create({ name: 'fixed', root: 'readonly' });
        assert.match(await client.inside(fixed.id, 'cat /mnt/file; echo new > /mnt/new'), /^there\n.*Read-only file system/);
      } finally {
        machine.run('umount', '/mnt');
      }
    });

    it('leads to nobody by the sockets and FIFOs of this machine, in a view of its files', async () => {
      const folder = `/var/tmp/burrow-kernel-root-${process.pid}`;
      mkdirSync(folder);
      const service = createServer(socket => socket.end('the service answers')).listen(`${folder}/socket`);
      execFileSync('mkfifo', ['-m', '666', `${folder}/fifo`]);
      // Held open from both ends, so that who writes finds a reader.
      const fifo = openSync(`${folder}/fifo`, constants.O_RDWR | constants.O_NONBLOCK);
      try {
        await once(service, 'listening');
        chmodSync(`${folder}/socket`, 0o777);
        const connect = `perl -MIO::Socket::UNIX -e 'print IO::Socket::UNIX->new(Peer => "${folder}/socket") ? "reached" : $!+0'`;
        for (const root of ['readonly', 'discard'] as const) {
          const { id } = await client.create({ name: root, root });
          assert.equal(await client.inside(id, connect), `${constantsOfOs.errno.ECONNREFUSED}`, root);
          assert.equal(
            await client.inside(
              id,
              `cd ${folder}; perl -e 'use Fcntl; print sysopen(F, "fifo", O_WRONLY | O_NONBLOCK) ? "reached" : $!+0'`,
            ),
            `${constantsOfOs.errno.ENXIO}`,
            root,
          );
        }
      } finally {
        closeSync(fifo);
        service.close();
        rmSync(folder, { recursive: true });
      }
    });
  });
