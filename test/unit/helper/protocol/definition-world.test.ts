// What a definition says of users, files and networks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { type Bad, brief, problemOf } from './definitions.ts';

const line = (inside: number, outside: number, count = 1) => ({ inside, outside, count });
const withUids = (...uid: readonly unknown[]) => ({ users: { uid, gid: [line(0, 0)] } });
const withMount = (mount: unknown) => ({ mounts: [mount] });
const tmpfs = { type: 'tmpfs', path: '/x' } as const;
const HIGHEST = 4_294_967_294;

const users: Bad = [
  [{ users: 'all' }, 'users must be "root", "auto", "same" or an object'],
  [{ users: 5 }, 'users must be "root", "auto", "same" or an object'],
  [{ users: {} }, 'users must have uid or tenant'],
  [{ users: { uid: [line(0, 0)] } }, 'users.gid is missing'],
  [{ users: { tenant: -1 } }, 'users.tenant must be at least 0'],
  [{ users: { tenant: 65_535 } }, 'users.tenant must be at most 65534'],
  [{ users: { tenant: 1, x: 2 } }, '"users.x" is not a key of the definition'],
  [withUids(), 'users.uid must have at least 1 element'],
  [withUids('x'), 'users.uid[0] must be an object'],
  [withUids({ inside: 0 }), 'users.uid[0].outside is missing'],
  [withUids(line(0, 0), { ...line(1, 1), cout: 2 }), '"users.uid[1].cout" is not a key of the definition'],
  [withUids(line(-1, 0)), 'users.uid[0].inside must be at least 0'],
  [withUids(line(1.5, 0)), 'users.uid[0].inside must be a whole number'],
  [withUids(line(0, 0, 0)), 'users.uid[0].count must be at least 1'],
  [withUids(line(0, 2 ** 32)), `users.uid[0].outside must be at most ${HIGHEST}`],
  [withUids(line(2 ** 32 - 1, 0)), `users.uid[0].inside must be at most ${HIGHEST}`],
  [withUids(line(HIGHEST, 0, 2)), `users.uid[0] reaches beyond the highest id, ${HIGHEST}`],
  [withUids(line(0, HIGHEST, 2)), `users.uid[0] reaches beyond the highest id, ${HIGHEST}`],
  [withUids(line(0, 0, 2), line(1, 9)), 'users.uid has lines that overlap inside'],
  [withUids(line(9, 1), line(0, 0, 2)), 'users.uid has lines that overlap outside'],
  [withUids(...Array.from({ length: 341 }, (_, index) => line(index, index))), 'users.uid must have at most 340 elements'],
];

const types = '"tmpfs", "bind", "overlay", "proc", "sysfs", "devpts", "mqueue", "cgroup2", "dev", "file", "mask" or "readonly"';
const size = 'must be a size like 64M; 1.5G is written 1536M';

const files: Bad = [
  [{ root: 'none' }, 'root must be "discard", "readonly", "host", "empty" or an object'],
  [{ root: 5 }, 'root must be "discard", "readonly", "host", "empty" or an object'],
  [{ root: {} }, 'root must have directory, archive or image'],
  [{ root: { dir: '/x' } }, 'root must have directory, archive or image'],
  [{ root: { directory: 'srv' } }, 'root.directory must be an absolute path'],
  [{ root: { directory: '/srv\0/etc' } }, 'root.directory holds a NUL character'],
  [{ root: { directory: '/srv', readonly: 'yes' } }, 'root.readonly must be true or false'],
  [{ root: { directory: '/srv', writable: true } }, '"root.writable" is not a key of the definition'],
  [{ root: { archive: 5 } }, 'root.archive must be a string'],
  [{ root: { archive: '/a', image: '/b' } }, '"root.image" is not a key of the definition'],
  [{ root: { image: 'x' } }, 'root.image must be an absolute path'],
  [{ root: { image: '/x', reference: '' } }, 'root.reference must have at least 1 character'],
  [{ mounts: {} }, 'mounts must be a list'],
  [{ mounts: ['/x'] }, 'mounts[0] must be an object'],
  [{ mounts: Array(65).fill(tmpfs) }, 'mounts must have at most 64 elements'],
  [withMount({}), `mounts[0].type must be ${types}`],
  [withMount({ type: 'nfs', path: '/x' }), `mounts[0].type must be ${types}`],
  [withMount({ type: 'tmpfs' }), 'mounts[0].path is missing'],
  [withMount({ ...tmpfs, path: 'x' }), 'mounts[0].path must be an absolute path'],
  [withMount({ ...tmpfs, path: '' }), 'mounts[0].path must be an absolute path'],
  [withMount({ ...tmpfs, path: '/a/../b' }), 'mounts[0].path must not hold ".."'],
  [withMount({ ...tmpfs, path: '/..' }), 'mounts[0].path must not hold ".."'],
  [withMount({ ...tmpfs, path: '/' }), 'mounts[0].path must be below /'],
  [withMount({ ...tmpfs, path: '//./' }), 'mounts[0].path must be below /'],
  [withMount({ ...tmpfs, path: '/x\0y' }), 'mounts[0].path holds a NUL character'],
  [withMount({ ...tmpfs, sizeBytes: 5 }), '"mounts[0].sizeBytes" is not a key of the definition'],
  [withMount({ ...tmpfs, size: '12Q' }), `mounts[0].size ${size}`],
  [withMount({ ...tmpfs, size: '1.5G' }), `mounts[0].size ${size}`],
  [withMount({ ...tmpfs, size: '1M,mode=777' }), `mounts[0].size ${size}`],
  [withMount({ ...tmpfs, size: '-1M' }), `mounts[0].size ${size}`],
  [withMount({ ...tmpfs, size: '0' }), 'mounts[0].size must be a size above 0 and below 8 PiB'],
  [withMount({ ...tmpfs, size: '999999999999999T' }), 'mounts[0].size must be a size above 0 and below 8 PiB'],
  [withMount({ ...tmpfs, size: 0 }), 'mounts[0].size must be at least 1'],
  [withMount({ ...tmpfs, size: true }), 'mounts[0].size must be a number or a string'],
  [withMount({ ...tmpfs, mode: '999' }), 'mounts[0].mode must be an octal mode like 1777'],
  [withMount({ ...tmpfs, mode: 755 }), 'mounts[0].mode must be a string'],
  // What is put into the options of a mount must not bring options of its own.
  [withMount({ ...tmpfs, mode: '777,size=1' }), 'mounts[0].mode must be an octal mode like 1777'],
  [{ mounts: [tmpfs, { type: 'bind', path: '/y' }] }, 'mounts[1].source is missing'],
  [withMount({ type: 'bind', path: '/y', source: 'y' }), 'mounts[0].source must be an absolute path'],
  [withMount({ type: 'bind', path: '/y', source: '/y', readonly: 1 }), 'mounts[0].readonly must be true or false'],
  [withMount({ type: 'bind', path: '/y', source: '/y', idmap: 'x' }), 'mounts[0].idmap must be true or false'],
  [withMount({ type: 'overlay', path: '/y', lower: [] }), 'mounts[0].lower must have at least 1 element'],
  [withMount({ type: 'overlay', path: '/y', lower: ['/a', 'x'] }), 'mounts[0].lower[1] must be an absolute path'],
  [withMount({ type: 'proc', path: '/y', size: 1 }), '"mounts[0].size" is not a key of the definition'],
  [withMount({ type: 'file', path: '/y' }), 'mounts[0].content is missing'],
  [withMount({ type: 'file', path: '/y', content: 'a\0' }), 'mounts[0].content holds a NUL character'],
  [withMount({ type: 'file', path: '/y', content: 'a'.repeat(262_145) }), 'mounts[0].content must have at most 262144 characters'],
  [withMount({ type: 'mask', path: 5 }), 'mounts[0].path must be a string'],
];

const address = 'must be an IPv4 address with a prefix';
const pair = { host: '10.0.0.1/24', address: '10.0.0.2/24' };
const join = 'must be an inode, pid:NUMBER, container:NAME, sandbox:NAME, netns:NAME or a name';
const eight = '"net", "mnt", "pid", "user", "uts", "ipc", "cgroup" or "time"';

const networks: Bad = [
  [{ network: 'bridge' }, 'network must be "link", "none" or an object'],
  [{ network: {} }, 'network.host is missing'],
  [{ network: { host: '10.0.0.1/24' } }, 'network.address is missing'],
  [{ network: { ...pair, host: '10.0.0.1' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '10.0.0.1/0' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '010.0.0.1/24' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '10.0.0/24' } }, `network.host ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, host: '10.0.0.300/24' } }, `network.host ${address} of at most 30, like 10.201.0.1/30`],
  [{ network: { ...pair, address: '10.0.0.2/31' } }, `network.address ${address} of at most 30, like 10.201.0.1/30`],
  [{ network: { ...pair, address: 'fd00::1/64' } }, `network.address ${address}, like 10.201.0.1/30`],
  [{ network: { ...pair, mtu: 1400 } }, '"network.mtu" is not a key of the definition'],
  [{ namespaces: 'all' }, 'namespaces must be a list or an object'],
  [{ namespaces: ['net', 'nett'] }, `namespaces[1] must be ${eight}`],
  [{ namespaces: [5] }, `namespaces[0] must be ${eight}`],
  [{ namespaces: Array(9).fill('net') }, 'namespaces must have at most 8 elements'],
  [{ namespaces: { nett: true, mount: true } }, '"namespaces.nett", "namespaces.mount" are not keys of the definition'],
  [{ namespaces: { net: 5 } }, 'namespaces.net must be true, false or a string'],
  [{ namespaces: { net: null } }, 'namespaces.net must be true, false or a string'],
  [{ namespaces: { net: '' } }, 'namespaces.net must have at least 1 character'],
  [{ namespaces: { net: 'a b' } }, `namespaces.net ${join}`],
  [{ namespaces: { net: '/proc/1/ns/net' } }, `namespaces.net ${join}`],
  [{ namespaces: { net: 'netns:../init' } }, `namespaces.net ${join}`],
  [{ namespaces: { net: 'x\0' } }, 'namespaces.net holds a NUL character'],
  [{ namespaces: { net: 'x'.repeat(257) } }, 'namespaces.net must have at most 256 characters'],
];

for (const [what, all] of Object.entries({ users, files, networks }))
  describe(`a definition of ${what}`, () => {
    for (const [value, problem] of all) it(`refuses ${brief(value)}: ${problem}`, () => assert.equal(problemOf(value), problem));
  });

describe('what a definition says in several ways', () => {
  it('reads a list of namespaces as those that are new, and an object as what differs', () => {
    const none = { net: false, mnt: false, pid: false, user: false, uts: false, ipc: false, cgroup: false, time: false };
    const { namespaces } = Definition.parse({ name: 'web', namespaces: ['net', 'user', 'net'] });
    assert.deepEqual(namespaces, { ...none, net: true, user: true });
    const joined = Definition.parse({ name: 'web', namespaces: { net: 'netns:blue', time: false } }).namespaces;
    assert.deepEqual([joined.net, joined.time, joined.mnt], ['netns:blue', false, true]);
  });

  const sizes = {
    '1': 1,
    '64K': 65_536,
    '64 KiB': 65_536,
    '2MB': 2 << 20,
    '1536M': 1536 * 2 ** 20,
    '3G': 3 * 2 ** 30,
    '1T': 2 ** 40,
    '7B': 7,
  };
  for (const [written, bytes] of Object.entries(sizes))
    it(`reads the size ${written} as ${bytes}`, () => {
      const [mount] = Definition.parse({ name: 'web', mounts: [{ ...tmpfs, size: written }] }).mounts ?? [];
      assert.deepEqual(mount, { ...tmpfs, mode: '755', size: bytes });
    });

  it('takes the longest map that the kernel takes, and ids up to the highest', () => {
    assert.equal(problemOf(withUids(...Array.from({ length: 340 }, (_, index) => line(index, index)))), undefined);
    assert.equal(problemOf(withUids(line(0, 0, HIGHEST + 1))), `users.uid[0].count must be at most ${HIGHEST}`);
    assert.equal(problemOf(withUids(line(1, 1, HIGHEST))), undefined);
  });

  it('stays what it is when it is read again, as from a record', () => {
    const once = Definition.parse({
      name: 'web',
      namespaces: ['mnt', 'user', 'net'],
      mounts: [
        { ...tmpfs, size: '1M' },
        { type: 'file', path: '/etc/motd', content: 'x' },
      ],
      limits: { memory: '64M', swap: 0 },
      users: { uid: [line(0, 0)], gid: [{ inside: 0, outside: 0 }] },
    });
    assert.deepEqual(Definition.parse(JSON.parse(JSON.stringify(once))), once);
  });
});
