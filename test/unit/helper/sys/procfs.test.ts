import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCgroup, parseIdMap, parseMountInfo, parseNamespaceLink, parseStat, statusField } from '../../../../helper/sys/procfs.ts';

const stat = (name: string): string =>
  `812 (${name}) S 1 812 812 0 -1 4194560 100 0 0 0 0 0 0 0 20 0 1 0 98765 1000 200 18446744073709551615\n`;

describe('parseStat', () => {
  for (const name of ['sleep', 'a b', ') S 1 (', 'a)\n9 (b) R 2', '((', ''])
    it(`finds the fields behind the name ${JSON.stringify(name)}`, () =>
      assert.deepEqual(parseStat(stat(name)), { name, state: 'S', parent: 1, start: 98_765 }));
});

describe('statusField', () => {
  const status = 'Name:\tsleep\nUmask:\t0022\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t812\t7\t1\nSeccomp:\t2\n';
  it('reads a field whole', () => assert.equal(statusField(status, 'NSpid'), '812\t7\t1'));
  it('reads the last one', () => assert.equal(statusField(status, 'Seccomp'), '2'));
  it('does not take a part of a name', () => assert.equal(statusField(status, 'id'), undefined));
  it('is undefined for what an older kernel lacks', () => assert.equal(statusField(status, 'NStgid'), undefined));
});

describe('parseNamespaceLink', () => {
  it('reads the inode', () => assert.equal(parseNamespaceLink('net:[4026531833]'), 4_026_531_833));
  it('reads names with an underscore', () => assert.equal(parseNamespaceLink('pid_for_children:[4026531836]'), 4_026_531_836));
  for (const link of ['', '/etc/passwd', 'net:[x]', 'net:[1] (deleted)', 'net:[-1]'])
    it(`refuses ${JSON.stringify(link)}`, () => assert.throws(() => parseNamespaceLink(link), /not a namespace/));
});

describe('parseIdMap', () => {
  it('reads the columns whatever their width', () => {
    assert.deepEqual(parseIdMap('         0       1000          1\n         1     100000      65536\n'), [
      { inside: 0, outside: 1000, count: 1 },
      { inside: 1, outside: 100_000, count: 65_536 },
    ]);
  });
  it('reads the initial map', () => assert.deepEqual(parseIdMap('0 0 4294967295\n'), [{ inside: 0, outside: 0, count: 4_294_967_295 }]));
  it('is empty where nothing is mapped yet', () => assert.deepEqual(parseIdMap(''), []));
});

describe('parseMountInfo', () => {
  it('reads a line with optional fields', () => {
    const line = '36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\n';
    assert.deepEqual(parseMountInfo(line), [
      { device: '98:0', root: '/mnt1', path: '/mnt2', options: 'rw,noatime,errors=continue', fileSystem: 'ext3', source: '/dev/root' },
    ]);
  });
  it('reads a line without optional fields', () => {
    assert.deepEqual(parseMountInfo('21 1 0:4 net:[4026532345] /run/netns/blue rw - nsfs nsfs rw'), [
      { device: '0:4', root: 'net:[4026532345]', path: '/run/netns/blue', options: 'rw', fileSystem: 'nsfs', source: 'nsfs' },
    ]);
  });
  it('undoes the octal escapes of space, tab, newline and backslash', () => {
    const [mount] = parseMountInfo('36 35 98:0 / /a\\040b\\011c\\012d\\134e rw - tmpfs my\\040disk rw');
    assert.equal(mount?.path, '/a b\tc\nd\\e');
    assert.equal(mount?.source, 'my disk');
  });
  it('does not say rw of a mount that is ro over a file system that is rw', () => {
    assert.equal(parseMountInfo('36 35 98:0 / /a ro,nosuid - ext4 /dev/a rw,discard')[0]?.options, 'ro,nosuid,discard');
  });
});

describe('parseCgroup', () => {
  it('reads v2, v1 and named hierarchies, and paths with a colon', () => {
    assert.deepEqual(parseCgroup('12:cpu,cpuacct:/a:b\n1:name=systemd:/init.scope\n0::/user.slice\n'), [
      { controllers: 'cpu,cpuacct', path: '/a:b' },
      { controllers: 'name=systemd', path: '/init.scope' },
      { controllers: '', path: '/user.slice' },
    ]);
  });
});
