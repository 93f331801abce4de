// Every key of the definition together with every kind of users and of root, for both makers: it does what it does alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import type { Result } from '../../../helper/protocol/methods.ts';
import { whoMakes } from '../support/callers.ts';
import { range, rootFileSystem, setClient } from '../support/client.ts';

type Report = Result<'sandbox/run'>;
type Part = Omit<DefinitionInput, 'name' | 'users' | 'root'>;

interface Key {
  readonly key: string;
  readonly part: Part;
  /** A shell line that busybox takes, too. */
  readonly script: string;
  readonly expect: (report: Report) => void;
}

const says =
  (text: string | RegExp) =>
  ({ stdout, stderr, exitCode }: Report): void => {
    if (typeof text === 'string') assert.equal(stdout, text, stderr);
    else assert.match(stdout, text, stderr);
    assert.equal(exitCode, 0, stderr);
  };

const keys = (folder: string): readonly Key[] => [
  { key: 'namespaces', part: { namespaces: { ipc: false, time: false } }, script: 'cat /proc/1/comm', expect: says('burrow-init\n') },
  { key: 'hostname', part: { hostname: 'db.test' }, script: 'hostname', expect: says('db.test\n') },
  { key: 'domainname', part: { domainname: 'nis.test' }, script: 'cat /proc/sys/kernel/domainname', expect: says('nis.test\n') },
  { key: 'time', part: { time: { boottimeSeconds: 1_000_000_000 } }, script: 'cut -d. -f1 /proc/uptime', expect: says(/^1\d{9}\n$/) },
  {
    key: 'mounts',
    part: { mounts: [{ type: 'tmpfs', path: '/mnt', size: 8192, mode: '1777' }] },
    script: 'echo x > /mnt/x && cat /mnt/x && stat -c %a /mnt',
    expect: says('x\n1777\n'),
  },
  {
    key: 'bind',
    part: { mounts: [{ type: 'bind', source: folder, path: '/mnt' }] },
    script: 'cat /mnt/shown; echo x > /mnt/x || echo refused',
    expect: says('shown\nrefused\n'),
  },
  { key: 'network', part: { network: 'link' }, script: 'ip -o link | grep -c -E "eth0|lo"', expect: says('2\n') },
  { key: 'limits.memory', part: { limits: { memory: '64M' } }, script: 'echo alive', expect: says('alive\n') },
  { key: 'limits.processes', part: { limits: { processes: 30 } }, script: 'echo alive', expect: says('alive\n') },
  { key: 'limits.files', part: { limits: { files: 33 } }, script: 'ulimit -Hn', expect: says('33\n') },
  {
    key: 'limits.cpuSeconds',
    part: { limits: { cpuSeconds: 0.2 } },
    script: 'while :; do :; done',
    expect: ({ endedBy }) => assert.equal(endedBy, 'cpuSeconds'),
  },
  {
    key: 'limits.wallSeconds',
    part: { limits: { wallSeconds: 0.3 } },
    script: 'sleep 60',
    expect: ({ endedBy }) => assert.equal(endedBy, 'wallSeconds'),
  },
  {
    key: 'security.capabilities',
    part: { security: { capabilities: [] } },
    script: 'grep CapBnd /proc/self/status',
    expect: says(`CapBnd:\t${'0'.repeat(16)}\n`),
  },
  {
    key: 'security.noNewPrivileges',
    part: { security: { noNewPrivileges: true } },
    script: 'grep NoNewPrivs /proc/self/status',
    expect: says('NoNewPrivs:\t1\n'),
  },
  {
    key: 'security.seccomp',
    part: { security: { seccomp: 'none' } },
    script: 'grep Seccomp: /proc/self/status',
    expect: says('Seccomp:\t0\n'),
  },
  { key: 'security.umask', part: { security: { umask: '077' } }, script: 'umask', expect: says('0077\n') },
  { key: 'security.dumpable', part: { security: { dumpable: false } }, script: 'ulimit -Hc', expect: says('0\n') },
  { key: 'environment', part: { environment: { COLOUR: 'red' } }, script: 'echo $COLOUR', expect: says('red\n') },
  { key: 'directory', part: { directory: '/usr' }, script: 'pwd -P', expect: says('/usr\n') },
  { key: 'init', part: { init: false }, script: 'cat /proc/1/comm', expect: says(/^(sh|cat|busybox)\n$/) },
  { key: 'persist', part: { persist: false }, script: 'exit 0', expect: says('') },
];

for (const maker of whoMakes)
  describe(`each key with all kinds of users and root, for ${maker.who}`, () => {
    const client = setClient(maker);
    const one = [{ inside: 0, outside: maker.uid }];
    const users: Readonly<Record<string, NonNullable<DefinitionInput['users']>>> = {
      root: 'root',
      same: 'same',
      auto: 'auto',
      explicit: { uid: [...one, { inside: 1, outside: range.first, count: 10 }], gid: one },
      tenant: { tenant: 11 },
    };
    const roots: Record<string, NonNullable<DefinitionInput['root']>> = { discard: 'discard', readonly: 'readonly', host: 'host' };
    before(() => {
      const tree = rootFileSystem(client);
      execFileSync('cp', ['-a', tree, `${client.folder}/own`]);
      execFileSync('chown', ['-R', '--no-dereference', `${maker.uid}:${maker.uid}`, `${client.folder}/own`]);
      execFileSync('tar', ['-C', tree, '-cf', `${client.folder}/tree.tar`, '.']);
      writeFileSync(`${client.folder}/shown`, 'shown\n');
      roots['directory'] = { directory: `${client.folder}/own` };
      roots['archive'] = { archive: `${client.folder}/tree.tar` };
    });

    for (const { key, part, script, expect } of keys(client.folder)) {
      const command = ['sh', '-c', script];
      for (const [who, value] of Object.entries(users))
        it(`${key} with users ${who}`, async () => expect(await client.run({ name: 'web', ...part, users: value, command })));
      for (const name of ['discard', 'readonly', 'host', 'directory', 'archive'])
        it(`${key} with root ${name}`, async () =>
          expect(await client.run({ name: 'web', ...part, root: roots[name] ?? 'host', command })));
    }

    for (const [who, value] of Object.entries(users))
      for (const name of ['discard', 'readonly', 'host', 'directory', 'archive'])
        it(`users ${who} with root ${name}`, async () => {
          const { id } = await client.create({ name: 'web', users: value, root: roots[name] ?? 'host' });
          const uid = who === 'same' ? maker.uid : 0;
          assert.equal(await client.inside(id, 'id -u; cat /proc/1/comm; hostname'), `${uid}\nburrow-init\nweb\n`);
          assert.equal(await client.inside(id, 'echo x > /tmp/burrow-pair && cat /tmp/burrow-pair; rm /tmp/burrow-pair'), 'x\n');
        });
  });
