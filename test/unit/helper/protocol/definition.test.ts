import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { type Bad, brief, problemOf } from './definitions.ts';

const name = 'must be 1 to 32 lower-case letters, digits and dashes, with a letter or digit at both ends';
const hostName = 'must be a host name of at most 64 characters';

const bad: Bad = [
  [null, 'the definition must be an object'],
  [[], 'the definition must be an object'],
  [5, 'the definition must be an object'],
  [{ name: undefined }, 'name is missing'],
  [{ name: 5 }, 'name must be a string'],
  [{ name: 'Web' }, `name ${name}`],
  [{ name: '' }, `name ${name}`],
  [{ name: '-a' }, `name ${name}`],
  [{ name: 'a/b' }, `name ${name}`],
  [{ name: '../a' }, `name ${name}`],
  [{ name: 'a\n' }, `name ${name}`],
  [{ name: 'a'.repeat(33) }, `name ${name}`],
  [{ nam: 1 }, '"nam" is not a key of the definition'],
  [{ nam: 1, netwrk: 2 }, '"nam", "netwrk" are not keys of the definition'],
  [{ $schema: 5 }, '$schema must be a string'],
  [{ hostname: 'a_b' }, `hostname ${hostName}`],
  [{ hostname: 'h'.repeat(65) }, `hostname ${hostName}`],
  [{ domainname: '' }, `domainname ${hostName}`],
  [{ domainname: 'lab\n' }, `domainname ${hostName}`],
  [{ time: 7 }, 'time must be an object'],
  [{ time: { clock: 1, watch: 2 } }, '"time.clock", "time.watch" are not keys of the definition'],
  [{ time: { monotonicSeconds: 1.5 } }, 'time.monotonicSeconds must be a whole number'],
  [{ time: { boottimeSeconds: 2 ** 40 } }, 'time.boottimeSeconds must be at most 2147483648'],
  [{ time: { boottimeSeconds: -(2 ** 40) } }, 'time.boottimeSeconds must be at least -2147483648'],
  [{ command: [] }, 'command must have at least 1 element'],
  [{ command: 'ls' }, 'command must be a list'],
  [{ command: ['ls', 1] }, 'command[1] must be a string'],
  [{ command: ['a\0b'] }, 'command[0] holds a NUL character'],
  [{ command: Array(4097).fill('a') }, 'command must have at most 4096 elements'],
  [{ environment: [] }, 'environment must be an object'],
  [{ environment: { A: 1 } }, 'environment.A must be a string'],
  [{ environment: { A: 'b\0c' } }, 'environment.A holds a NUL character'],
  [{ environment: { 'A=B': 'c' } }, '"A=B" in environment is no name of a variable'],
  [{ environment: { '': 'c' } }, '"" in environment is no name of a variable'],
  [{ directory: 'tmp' }, 'directory must be an absolute path'],
  [{ directory: `/${'a'.repeat(4095)}` }, 'directory must have at most 4095 characters'],
  [{ user: 5 }, 'user must be a string'],
  [{ user: '-1' }, 'user is neither UID, UID:GID nor a user name'],
  [{ user: '4294967295' }, 'user is above the highest user id'],
  [{ init: 'no' }, 'init must be true, false or "none"'],
  [{ persist: 'no' }, 'persist must be true or false'],
  [{ onExit: 'stay' }, 'onExit must be "remove" or "keep"'],
];

/** What cannot be together. */
const conflicts: Bad = [
  ...[false, 'container:redis'].flatMap(other => [
    [{ hostname: 'x', namespaces: { uts: other } }, 'hostname needs a uts namespace of its own'] as const,
    [{ domainname: 'x', namespaces: { uts: other } }, 'domainname needs a uts namespace of its own'] as const,
    [{ users: 'root', namespaces: { user: other } }, 'users needs a user namespace of its own'] as const,
    [{ root: 'host', namespaces: { mnt: other } }, 'root needs a mnt namespace of its own'] as const,
    [{ mounts: [], namespaces: { mnt: other } }, 'mounts needs a mnt namespace of its own'] as const,
    [{ network: 'link', namespaces: { net: other } }, 'network needs a net namespace of its own'] as const,
    [{ time: { monotonicSeconds: 1 }, namespaces: { time: other } }, 'time needs a time namespace of its own'] as const,
    [{ time: { boottimeSeconds: -1 }, namespaces: { time: other } }, 'time needs a time namespace of its own'] as const,
  ]),
  [{ root: 'host', namespaces: ['net'] }, 'root needs a mnt namespace of its own'],
  ...[{}, { namespaces: { pid: 'container:redis' } }].map(
    each =>
      [
        { init: 'none', ...each },
        'init cannot be "none" with a pid namespace, which ends with its init; add "pid": false to namespaces',
      ] as const,
  ),
  [{ init: false }, 'init is false, so there must be a command'],
];

describe('Definition', () => {
  it('fills in what a name leaves out', () => {
    assert.deepEqual(Definition.parse({ name: 'web' }), {
      name: 'web',
      namespaces: { net: true, mnt: true, pid: true, user: true, uts: true, ipc: true, cgroup: true, time: true },
      time: { monotonicSeconds: 0, boottimeSeconds: 0 },
      limits: {},
      security: { capabilities: 'all', noNewPrivileges: false, seccomp: 'default', umask: '022', dumpable: true },
      environment: {},
      directory: '/',
      init: true,
      persist: true,
      onExit: 'remove',
    });
  });

  for (const [value, problem] of bad) it(`refuses ${brief(value)}: ${problem}`, () => assert.equal(problemOf(value), problem));
});

describe('keys that cannot be together', () => {
  for (const [value, problem] of conflicts) it(`${brief(value)}: ${problem}`, () => assert.equal(problemOf(value), problem));

  const together: readonly object[] = [
    { hostname: 'x', domainname: 'y', namespaces: ['uts', 'user'] },
    { network: 'none', namespaces: { net: false } },
    { network: 'none', namespaces: { net: 'container:redis' } },
    { time: { monotonicSeconds: 0 }, namespaces: { time: false } },
    { init: 'none', namespaces: { pid: false } },
    { init: 'none', namespaces: ['net', 'user'] },
    { init: false, command: ['/bin/true'] },
    { namespaces: [] },
  ];
  for (const value of together) it(`takes ${brief(value)}`, () => assert.equal(problemOf(value), undefined));
});
