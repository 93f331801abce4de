// What is shut to whoever makes a sandbox stays shut in it, also where overlayfs puts other directories on top.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { ordinary, whoMakes } from '../support/callers.ts';
import { setClient } from '../support/client.ts';

for (const maker of whoMakes)
  describe(`layers, for ${maker.who}`, () => {
    const client = setClient(maker);
    const lower = `${client.folder}/lower`;
    const upper = `${client.folder}/upper`;
    before(() => {
      // What only root may enter, with a file that everybody could read who got there.
      mkdirSync(`${lower}/shut`, { recursive: true });
      writeFileSync(`${lower}/shut/file`, 'secret\n', { mode: 0o644 });
      writeFileSync(`${lower}/open`, 'lower\n');
      chmodSync(`${lower}/shut`, 0o700);
      mkdirSync(`${upper}/shut`, { recursive: true });
      writeFileSync(`${upper}/top`, 'upper\n');
      for (const path of [upper, `${upper}/shut`, `${upper}/top`]) chownSync(path, maker.uid, maker.uid);
    });
    after(() => {
      for (const path of [lower, upper]) rmSync(path, { recursive: true, force: true });
    });
    const overlay = (...layers: string[]) => ({ name: 'web', mounts: [{ type: 'overlay' as const, lower: layers, path: '/mnt' }] });

    if (maker.uid === 0)
      it('overlay: shows all layers, the uppermost first, and what is written goes nowhere', async () => {
        const { id } = await client.create(overlay(upper, lower));
        assert.equal(await client.inside(id, 'cat /mnt/top /mnt/open'), 'upper\nlower\n');
        assert.equal(
          await client.inside(id, 'echo new > /mnt/top && echo more > /mnt/new && rm -rf /mnt/none && cat /mnt/top /mnt/new'),
          'new\nmore\n',
        );
        assert.equal(readFileSync(`${upper}/top`, 'utf8'), 'upper\n');
        assert.equal(await client.inside(id, 'rm /mnt/top; ls /mnt'), 'new\nopen\nshut\n');
        assert.equal(readFileSync(`${upper}/top`, 'utf8'), 'upper\n');
      });

    it('overlay: one layer is written to as many are', async () => {
      const { id } = await client.create(overlay(upper));
      assert.equal(
        await client.inside(id, 'echo new >> /mnt/top && cat /mnt/top && mkdir /mnt/d && mv /mnt/top /mnt/d/ && ls /mnt'),
        'upper\nnew\nd\nshut\n',
      );
      assert.equal(readFileSync(`${upper}/top`, 'utf8'), 'upper\n');
    });

    if (maker === ordinary) {
      it('overlay: a directory that the caller may not look into is no layer', async () => {
        const failure: Partial<Failure> = await client.refused(overlay(`${lower}/shut`));
        assert.deepEqual([failure.kind, failure.syscall, failure.errno], ['denied', 'openat2', 'EACCES']);
        await client.machine.requireClean();
      });

      it('overlay: several layers are refused, as a directory of one would open that of another', async () => {
        assert.deepEqual(await client.refused(overlay(upper, lower)), {
          kind: 'denied',
          message: 'mounts[0].lower: only root may put several directories together.',
          hint: 'Name one directory.',
        });
      });

      it('discard: a disk that is shut to the caller is shut inside', async () => {
        const { machine } = client;
        machine.run(
          'sh',
          '-c',
          `truncate -s 8M ${lower}/image && mkfs.ext4 -q ${lower}/image && mount -o loop ${lower}/image /mnt && echo secret > /mnt/file && chmod 644 /mnt/file && chmod 700 /mnt`,
        );
        try {
          const { id } = await client.create({ name: 'web' });
          assert.match(await client.inside(id, 'cat /mnt/file'), /Permission denied/);
          machine.run('sh', '-c', 'chmod 1777 /mnt');
          const open = await client.create({ name: 'open' });
          assert.equal(
            await client.inside(open.id, 'cat /mnt/file; stat --format=%a /mnt; echo new > /mnt/new; cat /mnt/new'),
            'secret\n1777\nnew\n',
          );
          assert.equal(machine.run('ls', '/mnt'), 'file\nlost+found\n');
        } finally {
          machine.run('umount', '/mnt');
          rmSync(`${lower}/image`);
        }
      });

      it('bind: a link of /proc leads to nothing', async () => {
        const links = [
          '/proc/self/cwd',
          '/proc/self/fd/3',

          `/proc/${client.machine.pid}/cwd`,
          '/proc/self/exe',
          '/proc/thread-self/root/etc',
        ];
        for (const source of links) {
          for (const definition of [
            { name: 'web', mounts: [{ type: 'bind', source, path: '/mnt' }] },
            { name: 'web', mounts: [{ type: 'overlay', lower: [source], path: '/mnt' }] },
            { name: 'web', root: { directory: source } },
          ]) {
            const failure = await client.refused(definition);
            assert.deepEqual([failure.syscall, failure.errno], ['openat2', 'ELOOP'], JSON.stringify(definition));
            assert.equal(failure.hint, 'A link of /proc, like /proc/self/fd/3, is no source. Name the path that it leads to.');
          }
        }
        await client.machine.requireClean();
      });
    }
  });
