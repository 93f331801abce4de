// What the key "security" takes from the commands of a sandbox: those that it runs and those that are opened in it later.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Capability, capabilityNumber, lastCapability } from '../../../helper/security/capabilities.ts';
import { ordinary, whoMakes } from '../support/callers.ts';
import { setClient } from '../support/client.ts';
import { numberOf } from '../support/staged.ts';

const EPERM = 1;
const mask = (...names: readonly Capability[]): string =>
  names
    .reduce((sum, name) => sum | (1n << BigInt(capabilityNumber(name))), 0n)
    .toString(16)
    .padStart(16, '0');
const all = ((1n << BigInt(lastCapability() + 1)) - 1n).toString(16).padStart(16, '0');
const status = ['grep', '-E', '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):', '/proc/self/status'];
/** Makes a system call and prints its errno, or `ok`. */
const call = (name: string, ...words: readonly (number | string)[]): string[] => [
  'perl',
  '-e',
  `$r = syscall(${[numberOf(name), ...words].join(', ')}); print $r < 0 ? 0 + $! : "ok"`,
];

for (const maker of whoMakes)
  describe(`security, for ${maker.who}`, () => {
    const client = setClient(maker);

    /** The same from a run, from a command in a living sandbox, and from one whose init is the command. */
    async function everywhere(security: object, command: string[], more: object = {}): Promise<string[]> {
      const run = await client.run({ name: 'run', security, ...more, command });
      const first = await client.run({ name: 'first', security, ...more, init: false, command });
      const { id } = await client.create({ name: 'web', security, ...more });
      const later = await client.call('process/run', { target: { sandbox: id }, command });
      await client.call('sandbox/remove', { sandbox: id });
      return [run, first, later].map(({ stdout, stderr }) => stdout + stderr);
    }
    const fields = (text: string): Record<string, string> =>
      Object.fromEntries([...text.matchAll(/^(\w+):\t(.*)$/gm)].map(([, name, value]) => [name, value]));

    it('without it root inside has every capability of its user namespace, and a filter', async () => {
      for (const text of await everywhere({}, status))
        assert.deepEqual(fields(text), {
          CapInh: mask(),
          CapPrm: all,
          CapEff: all,
          CapBnd: all,
          CapAmb: mask(),
          NoNewPrivs: '0',
          Seccomp: '2',
        });
    });

    it('capabilities: are exactly those, with or without CAP_ in front', async () => {
      const kept = mask('CAP_CHOWN', 'CAP_NET_BIND_SERVICE');
      for (const text of await everywhere({ capabilities: ['CAP_CHOWN', 'NET_BIND_SERVICE'] }, status))
        assert.deepEqual(fields(text), {
          CapInh: mask(),
          CapPrm: kept,
          CapEff: kept,
          CapBnd: kept,
          CapAmb: mask(),
          NoNewPrivs: '0',
          Seccomp: '2',
        });
      for (const text of await everywhere({ capabilities: [], seccomp: 'none' }, status)) assert.equal(fields(text)['CapBnd'], mask());
      for (const text of await everywhere({ capabilities: [] }, ['hostname', 'changed'])) assert.match(text, /must be root|not permitted/);
      assert.deepEqual(await client.refused({ name: 'no', network: 'none', security: { capabilities: ['CAP_NOTHING'] } }), {
        kind: 'invalid',
        message: 'security.capabilities[0]: CAP_NOTHING is no capability of Linux.',
        subject: 'CAP_NOTHING',
      });
    });

    it('noNewPrivileges: is set', async () => {
      for (const text of await everywhere({ noNewPrivileges: true }, status)) assert.equal(fields(text)['NoNewPrivs'], '1');
    });

    it('seccomp: default refuses what breaks out of containers, none refuses nothing', async () => {
      // add_key(2) with a pointer to nowhere: EFAULT (14) from the kernel itself, whoever asks.
      const adding = call('add_key', 0, 0, 0);
      for (const text of await everywhere({}, adding)) assert.equal(text, `${EPERM}`);
      for (const text of await everywhere({ seccomp: 'none' }, adding)) assert.equal(text, '14');
      for (const text of await everywhere({ seccomp: 'none' }, status)) assert.equal(fields(text)['Seccomp'], '0');
    });

    it('seccomp: a profile as Docker has it is obeyed', async () => {
      const file = `${client.folder}/profile.json`;
      writeFileSync(
        file,
        JSON.stringify({
          defaultAction: 'SCMP_ACT_ALLOW',
          architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
          syscalls: [
            { names: ['sync'], action: 'SCMP_ACT_ERRNO', errnoRet: 99 },
            { names: ['mkdirat', 'mkdir'], action: 'SCMP_ACT_ERRNO' },
          ],
        }),
      );
      for (const text of await everywhere({ seccomp: { file } }, call('sync'))) assert.equal(text, '99');
      for (const text of await everywhere({ seccomp: { file } }, ['mkdir', '/tmp/new'])) assert.match(text, /not permitted/);
    });

    it('seccomp: a profile that is none, or not there, is refused with its path', async () => {
      const file = `${client.folder}/broken.json`;
      writeFileSync(file, '{"defaultAction": "SCMP_ACT_WHATEVER"}');
      const broken = await client.refused({ name: 'web', security: { seccomp: { file } } });
      assert.equal(broken.kind, 'invalid');
      assert.ok(broken.message.includes(file), broken.message);
      const missing = await client.refused({ name: 'web', security: { seccomp: { file: '/no/such' } } });
      assert.deepEqual([missing.syscall, missing.errno], ['openat2', 'ENOENT']);
      const magic = await client.refused({ name: 'web', security: { seccomp: { file: '/proc/self/fd/0' } } });
      assert.equal(magic.errno, 'ELOOP');
      if (maker !== ordinary) return;
      chmodSync(file, 0o600);
      const shut = await client.refused({ name: 'web', security: { seccomp: { file } } });
      assert.deepEqual([shut.kind, shut.errno], ['denied', 'EACCES']);
      assert.ok(!shut.message.includes('SCMP'), shut.message);
    });

    it('umask: is that of every command', async () => {
      for (const text of await everywhere({ umask: '077' }, ['sh', '-c', 'umask; touch /tmp/f; stat --format=%a /tmp/f']))
        assert.equal(text, '0077\n600\n');
      for (const text of await everywhere({}, ['sh', '-c', 'umask'])) assert.equal(text, '0022\n');
    });

    it('dumpable: false leaves no core and lets nobody look into a process', async () => {
      for (const text of await everywhere({ dumpable: false }, ['sh', '-c', 'ulimit -Hc'])) assert.equal(text, '0\n');
      const attach = [
        'perl',
        '-e',
        `my $p = fork; if (!$p) { sleep 60; exit } $r = syscall(${numberOf('ptrace')}, 16, $p, 0, 0); print $r < 0 ? 0 + $! : "ok"; kill 9, $p`,
      ];
      for (const text of await everywhere({ dumpable: false }, attach)) assert.equal(text, `${EPERM}`);
      for (const text of await everywhere({}, attach)) assert.equal(text, 'ok');
      for (const text of await everywhere({ dumpable: false, seccomp: 'none' }, attach)) assert.equal(text, `${EPERM}`);
    });

    it('everything together holds for another user, too', async () => {
      const security = { capabilities: ['CAP_CHOWN'], noNewPrivileges: true, umask: '077', dumpable: false };
      for (const text of await everywhere(security, status, { users: 'auto', user: '1000' }))
        assert.deepEqual(fields(text), {
          CapInh: mask(),
          CapPrm: mask(),
          CapEff: mask(),
          CapBnd: mask('CAP_CHOWN'),
          CapAmb: mask(),
          NoNewPrivs: '1',
          Seccomp: '2',
        });
    });

    it('the machine’s own switches are as shut as its files, whatever is kept', async () => {
      const { id } = await client.create({ name: 'web', security: { seccomp: 'none' } });
      const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
      const said = await client.inside(
        id,
        'echo x > /proc/sys/kernel/core_pattern; echo b > /proc/sysrq-trigger; mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem; date -s @0',
      );
      assert.match(said, /core_pattern[\s\S]*sysrq-trigger[\s\S]*mknod[\s\S]*(not permitted|date)/);
      assert.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), before);
    });
  });
