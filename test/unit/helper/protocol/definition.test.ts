import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { firstProblem } from '../../../../helper/protocol/problem.ts';

const name = 'must be 1 to 32 lower-case letters, digits and dashes, with a letter or digit at both ends';
const address = 'must be an IPv4 address with a prefix';
const pair = { host: '10.0.0.1/24', address: '10.0.0.2/24' };

/** A definition that is wrong, and all that a person reads about it. Without `name` here it is called web. */
const bad: readonly (readonly [unknown, string])[] = [
  [null, 'the definition must be an object'],
  [[], 'the definition must be an object'],
  [{ name: undefined }, 'name is missing'],
  [{ name: 5 }, 'name must be a string'],
  [{ name: 'Web' }, `name ${name}`],
  [{ name: '' }, `name ${name}`],
  [{ name: '-a' }, `name ${name}`],
  [{ name: '../a' }, `name ${name}`],
  [{ name: 'a\n' }, `name ${name}`],
  [{ name: 'a'.repeat(33) }, `name ${name}`],
  [{ nam: 1 }, '"nam" is not a key of the definition'],
  [{ nam: 1, netwrk: 2 }, '"nam", "netwrk" are not keys of the definition'],
  [{ hostname: 'a_b' }, 'hostname must be a host name of at most 64 characters'],
  [{ hostname: 'h'.repeat(65) }, 'hostname must be a host name of at most 64 characters'],
  [{ users: 'all' }, 'users must be "root" or "auto"'],
  [{ time: 7 }, 'time must be an object'],
  [{ time: { clock: 1 } }, '"time.clock" is not a key of the definition'],
  [{ time: { monotonicSeconds: -1 } }, 'time.monotonicSeconds must be at least 0'],
  [{ time: { monotonicSeconds: 1.5 } }, 'time.monotonicSeconds must be a whole number'],
  [{ time: { boottimeSeconds: 2 ** 40 } }, 'time.boottimeSeconds must be at most 2147483648'],
  [{ root: 'none' }, 'root must be "discard", "readonly" or an object'],
  [{ root: 5 }, 'root must be "discard", "readonly" or an object'],
  [{ root: {} }, 'root.directory is missing'],
  [{ root: { directory: 'srv' } }, 'root.directory must be an absolute path'],
  [{ root: { directory: '/srv\0/etc' } }, 'root.directory holds a NUL character'],
  [{ root: { directory: '/srv', readonly: 'yes' } }, 'root.readonly must be true or false'],
  [{ root: { directory: '/srv', writable: true } }, '"root.writable" is not a key of the definition'],
  [{ mounts: {} }, 'mounts must be a list'],
  [{ mounts: ['/x'] }, 'mounts[0] must be an object'],
  [{ mounts: [{}] }, 'mounts[0].type must be "tmpfs" or "bind"'],
  [{ mounts: [{ type: 'nfs', path: '/x' }] }, 'mounts[0].type must be "tmpfs" or "bind"'],
  [{ mounts: [{ type: 'tmpfs' }] }, 'mounts[0].path is missing'],
  [{ mounts: [{ type: 'tmpfs', path: '/x', size: 5 }] }, '"mounts[0].size" is not a key of the definition'],
  [{ mounts: [{ type: 'tmpfs', path: '/x', sizeBytes: 5 }] }, 'mounts[0].sizeBytes must be at least 4096'],
  [{ mounts: [{ type: 'tmpfs', path: '/x', mode: '999' }] }, 'mounts[0].mode must be an octal mode like 1777'],
  // What is put into the options of a mount must not bring options of its own.
  [{ mounts: [{ type: 'tmpfs', path: '/x', mode: '777,size=1' }] }, 'mounts[0].mode must be an octal mode like 1777'],
  [
    {
      mounts: [
        { type: 'tmpfs', path: '/x' },
        { type: 'bind', path: '/y' },
      ],
    },
    'mounts[1].source is missing',
  ],
  [{ mounts: Array.from({ length: 65 }, () => ({ type: 'tmpfs', path: '/x' })) }, 'mounts must have at most 64 elements'],
  [{ network: 'bridge' }, 'network must be "link", "none" or an object'],
  [{ network: {} }, 'network.host is missing'],
  [{ network: { host: '10.0.0.1/24' } }, 'network.address is missing'],
  [{ network: { ...pair, host: '10.0.0.1' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '10.0.0.1/0' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '010.0.0.1/24' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '10.0.0.300/24' } }, `network.host ${address} of at most 30, like 10.201.0.1/30`],
  [{ network: { ...pair, address: '10.0.0.2/31' } }, `network.address ${address} of at most 30, like 10.201.0.1/30`],
  [{ network: { ...pair, address: 'fd00::1/64' } }, `network.address ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, mtu: 1400 } }, '"network.mtu" is not a key of the definition'],
  [{ command: [] }, 'command must have at least 1 element'],
  [{ command: 'ls' }, 'command must be a list'],
  [{ command: ['ls', 1] }, 'command[1] must be a string'],
  [{ command: ['a\0b'] }, 'command[0] holds a NUL character'],
  [{ environment: [] }, 'environment must be an object'],
  [{ environment: { A: 1 } }, 'environment.A must be a string'],
  [{ environment: { A: 'b\0c' } }, 'environment.A holds a NUL character'],
  [{ environment: { 'A=B': 'c' } }, '"A=B" in environment is no name of a variable'],
  [{ environment: { '': 'c' } }, '"" in environment is no name of a variable'],
  [{ directory: 'tmp' }, 'directory must be an absolute path'],
  [{ directory: `/${'a'.repeat(4095)}` }, 'directory must have at most 4095 characters'],
];

describe('Definition', () => {
  it('fills in what a name leaves out', () => {
    assert.deepEqual(Definition.parse({ name: 'web' }), {
      name: 'web',
      users: 'root',
      time: { monotonicSeconds: 0, boottimeSeconds: 0 },
      root: 'discard',
      mounts: [{ type: 'tmpfs', path: '/tmp', mode: '1777' }],
      network: 'link',
      environment: {},
      directory: '/',
    });
  });

  for (const [value, problem] of bad) {
    const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? { name: 'web', ...value } : value;
    it(`refuses ${JSON.stringify(value).slice(0, 80)}: ${problem}`, () => {
      const { error } = Definition.safeParse(given);
      assert.equal(error && firstProblem(error, 'the definition'), problem);
    });
  }
});
