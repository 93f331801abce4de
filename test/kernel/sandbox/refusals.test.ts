// Definitions that are refused, by the path of what is wrong, before anything is made.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { whoMakes } from '../support/callers.ts';
import { setClient } from '../support/client.ts';

const web = { name: 'web', network: 'none' } as const;

/** What is wrong, and all that is said of it. */
const invalid: readonly (readonly [definition: object, message: string | RegExp])[] = [
  [{ name: 'web', netwrk: 'none' }, '"netwrk" is not a key of the definition.'],
  [{ name: 'a/b' }, /^name must be 1 to 32 lower-case letters/],
  [{ name: '../up' }, /^name must be 1 to 32 lower-case letters/],
  [{ name: '' }, /^name must be 1 to 32 lower-case letters/],
  [{ name: 'x'.repeat(33) }, /^name must be 1 to 32 lower-case letters/],
  [{}, 'name is missing.'],
  [{ ...web, limits: { memory: '12Q' } }, /^limits\.memory must be .*a size like 64M/],
  [{ ...web, limits: { memory: 0 } }, /^limits\.memory must be /],
  [{ ...web, limits: { memory: '1K' } }, /^limits\.memory must be at least 1M\.$/],
  [{ ...web, limits: { processes: 0 } }, /^limits\.processes must be at least 1\.$/],
  [{ ...web, limits: { cpu: -1 } }, /^limits\.cpu must be /],
  [{ ...web, limits: { rlimits: { cores: 1 } } }, /^(?:limits\.rlimits|"limits\.rlimits|"cores)/],
  [{ ...web, mounts: [{ type: 'tmpfs', path: '/a/../../b' }] }, 'mounts[0].path must not hold "..".'],
  [
    {
      ...web,
      mounts: [
        { type: 'tmpfs', path: '/tmp' },
        { type: 'tmpfs', path: 'relative' },
      ],
    },
    /^mounts\[1\]\.path must be /,
  ],
  [{ ...web, mounts: [{ type: 'tmpfs', path: '/' }] }, 'mounts[0].path must be below /.'],
  [{ ...web, mounts: [{ type: 'tmpfs', path: '/a\0b' }] }, 'mounts[0].path holds a NUL character.'],
  [{ ...web, mounts: [{ type: 'tmpfs', path: '/mnt', mode: '9' }] }, 'mounts[0].mode must be an octal mode like 1777.'],
  [{ ...web, mounts: [{ type: 'tmpfs', path: '/mnt', size: '1.5G' }] }, /^mounts\[0\]\.size must be .*a size like 64M/],
  [{ ...web, mounts: [{ type: 'nfs', path: '/mnt' }] }, /^mounts\[0\]\.type must be /],
  [{ ...web, mounts: [{ type: 'file', path: '/mnt', content: 'x'.repeat(300_000) }] }, /^mounts\[0\]\.content must have at most 262144 /],
  [{ ...web, environment: { 'A=B': 'x' } }, '"A=B" in environment is no name of a variable.'],
  [{ ...web, command: [] }, /^command must have at least 1 /],
  [{ ...web, init: false }, 'init is false, so there must be a command.'],
  [{ ...web, init: 'none' }, /^init cannot be "none" with a pid namespace/],
  [{ ...web, namespaces: ['user', 'mnt'], hostname: 'x' }, 'hostname needs a uts namespace of its own.'],
  [{ name: 'web', namespaces: ['user', 'mnt'], network: 'link' }, 'network needs a net namespace of its own.'],
  [{ ...web, namespaces: { net: 'a/b' } }, /^namespaces\.net must be an inode/],
  [{ ...web, security: { umask: '999' } }, 'security.umask must be an octal mask like 022.'],
  [{ ...web, security: { capabilities: ['rm -rf'] } }, /^security\.capabilities\[0\] must be a capability like CAP_NET_ADMIN\.$/],
];

for (const maker of whoMakes)
  describe(`what cannot be, for ${maker.who}`, () => {
    const client = setClient(maker);
    const nothingMade = async (): Promise<void> => {
      assert.deepEqual(await client.call('sandbox/list', {}), { sandboxes: [] });
      await client.machine.requireClean();
    };

    it('is refused with its path and the reason', async () => {
      for (const [definition, message] of invalid) {
        const failure = await client.refused(definition);
        const what = JSON.stringify(definition).slice(0, 200);
        assert.equal(failure.kind, 'invalid', what);
        if (typeof message === 'string') assert.equal(failure.message, message, what);
        else assert.match(failure.message, message, what);
        // The same before it is to be made.
        assert.equal((await client.failure('sandbox/plan', { definition })).message, failure.message);
      }
      await nothingMade();
    });

    it('is refused when it is larger than any definition', async () => {
      const environment = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`V${index}`, 'x'.repeat(16_000)]));
      const file = `${client.folder}/large.burrow.jsonc`;
      writeFileSync(file, JSON.stringify({ name: 'web', environment }));
      const { status, stderr } = client.machine.type(['run', file]);
      assert.equal(status, 1);
      assert.equal(stderr, `burrow: ${file}: is larger than 512 KiB.\n`.replace(': is', stderr.includes(': is') ? ': is' : ' is'));
      await nothingMade();
    });

    it('clocks that would be before the boot are refused by the kernel', async () => {
      const failure = await client.refused({ ...web, time: { monotonicSeconds: -(2 ** 31) } });
      assert.deepEqual([failure.kind, failure.syscall, failure.errno], ['system', 'write', 'ERANGE']);
      assert.match(failure.subject ?? '', /\/timens_offsets$/);
      await nothingMade();
    });

    it('a file for a directory and a directory for a file are refused', async () => {
      for (const [source, path] of [
        ['/etc/passwd', '/mnt'],
        ['/etc', '/etc/passwd'],
      ]) {
        const failure = await client.refused({ ...web, mounts: [{ type: 'bind', source, path }] });
        assert.deepEqual([failure.syscall, failure.errno], ['move_mount', 'EINVAL']);
        assert.equal(failure.hint, 'A file goes on a file and a directory on a directory.');
      }
      await nothingMade();
    });

    describe('an archive', () => {
      const folder = `${client.folder}/archives`;
      before(() => {
        mkdirSync(`${folder}/in/etc`, { recursive: true });
        writeFileSync(`${folder}/in/etc/file`, 'x\n');
        symlinkSync('/etc', `${folder}/in/link`);
        execFileSync('tar', ['-C', `${folder}/in`, '--transform', 's,^etc/file,../../escaped,', '-cf', `${folder}/up.tar`, 'etc/file']);
        execFileSync('tar', [
          '-C',
          `${folder}/in`,
          '-P',
          '--transform',
          's,^etc/file,/tmp/burrow-absolute,',
          '-cf',
          `${folder}/absolute.tar`,
          'etc/file',
        ]);
        execFileSync('tar', ['-C', '/dev', '-cf', `${folder}/device.tar`, 'null', 'zero']);
        execFileSync('tar', ['-C', `${folder}/in`, '-cf', `${folder}/through.tar`, 'link']);
        execFileSync('tar', [
          '-C',
          `${folder}/in`,
          '--transform',
          's,^etc/file,link/burrow-escaped,',
          '-rf',
          `${folder}/through.tar`,
          'etc/file',
        ]);
        writeFileSync(`${folder}/none.tar`, 'no archive at all, but long enough to be looked at'.repeat(100));
        writeFileSync(`${folder}/empty.tar`, '');
      });

      for (const name of ['up', 'absolute', 'device', 'through', 'none', 'empty'])
        it(`${name} writes nothing outside, and is refused or without what is bad`, async () => {
          const outcome = await client
            .call('sandbox/create', { definition: { ...web, root: { archive: `${folder}/${name}.tar` } } })
            .catch((error: unknown) => error);
          for (const path of [
            '/tmp/burrow-absolute',
            '/etc/burrow-escaped',
            `${client.folder}/escaped`,
            '/var/lib/escaped',
            '/var/lib/burrow/escaped',
          ])
            assert.throws(() => execFileSync('stat', [path], { stdio: 'pipe' }), path);
          assert.ok(outcome instanceof Error, `${name} was taken`);
          await nothingMade();
        });

      it('that is not there or not the caller’s to read is refused', async () => {
        const failure = await client.refused({ ...web, root: { archive: `${folder}/not-there.tar` } });
        assert.equal(failure.errno, 'ENOENT');
        await nothingMade();
      });
    });
  });
