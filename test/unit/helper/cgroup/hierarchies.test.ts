import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findHidden, findHierarchies, hasFile } from '../../../../helper/cgroup/hierarchies.ts';
import { fakeHost, hybridHost, inContainer, systemdHost, v1Host } from './hosts.ts';

const found = (mountInfo: string): string[] => findHierarchies(mountInfo, fakeHost({})).map(({ mount }) => mount);

describe('findHierarchies', () => {
  it('finds the one of a host with v2 alone', () =>
    assert.deepEqual(systemdHost(), [
      { version: 2, mount: '/sys/fs/cgroup', controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'] },
    ]));

  it('finds both versions of a hybrid host', () =>
    assert.deepEqual(
      hybridHost().map(({ version, controllers }) => [version, ...controllers]),
      [[1, 'cpu'], [1, 'cpuacct'], [1, 'cpuset'], [1, 'memory'], [1, 'blkio'], [1, 'pids'], [1], [2, 'hugetlb']],
    ));

  it('finds two controllers in one hierarchy of v1, and a named one without any', () =>
    assert.deepEqual(
      v1Host().map(({ mount, controllers }) => [mount.split('/').at(-1), ...controllers]),
      [
        ['systemd'],
        ['cpu,cpuacct', 'cpu', 'cpuacct'],
        ['memory', 'memory'],
        ['cpuset', 'cpuset'],
        ['net_cls,net_prio', 'net_cls', 'net_prio'],
      ],
    ));

  it('takes a hierarchy once that is mounted twice', () =>
    assert.deepEqual(
      found(`30 25 0:26 / /a rw - cgroup cgroup rw,memory
31 25 0:26 / /b rw - cgroup cgroup rw,memory
`),
      ['/a'],
    ));

  it('takes the mount that can be written and that shows all of it', () =>
    assert.deepEqual(
      found(`30 25 0:26 / /readonly ro - cgroup2 cgroup rw
31 25 0:26 /docker/0af3 /part rw - cgroup2 cgroup rw
32 25 0:26 /.. /outside rw - cgroup2 cgroup rw
33 25 0:26 / /whole rw - cgroup2 cgroup rw
`),
      ['/whole'],
    ));

  it('takes the mount that no other one covers', () => {
    const twice = `30 25 0:26 / /covered rw - cgroup2 cgroup rw
31 25 0:26 / /free rw - cgroup2 cgroup rw
`;
    const host = { ...fakeHost({}), isMounted: (path: string, device: string) => device === '0:26' && path === '/free' };
    assert.deepEqual(
      findHierarchies(twice, host).map(({ mount }) => mount),
      ['/free'],
    );
  });

  it('reads a path with a blank and a backslash', () =>
    assert.deepEqual(found('30 25 0:26 / /my\\040own\\134groups rw - cgroup cgroup rw,pids\n'), ['/my own\\groups']));

  it('is not misled by what looks like cgroups', () =>
    assert.deepEqual(found('30 25 0:26 / /sys/fs/cgroup rw - tmpfs cgroup rw,memory\n31 25 0:5 / /cgroup2 rw - ext4 cgroup2 rw\n'), []));

  it("has only what is switched on already, where the root is a container's and holds processes", () => {
    assert.deepEqual(inContainer('1\n17\n')[0]?.controllers, ['pids']);
    assert.ok(inContainer('')[0]?.controllers.includes('memory'));
  });
});

describe('hasFile', () => {
  const [hierarchy] = systemdHost(['cgroup.procs', 'memory.pressure', 'pids.max']);
  assert.ok(hierarchy);
  it('knows it of a controller that is switched on', () => {
    assert.equal(hasFile(hierarchy, 'pids.max', 'pids.max'), true);
    assert.equal(hasFile(hierarchy, 'pids.peak', 'pids.max'), false);
  });
  it('does not know it of one that is off', () => assert.equal(hasFile(hierarchy, 'memory.swap.max', 'memory.max'), undefined));
});

describe('findHidden', () => {
  const own = '12:pids:/\n4:cpu,cpuacct:/\n3:memory:/a\n2:net_cls,net_prio:/\n2:cpuset:/\n1:name=systemd:/init.scope\n0::/init.scope\n';
  it('names what is in use and was not found', () => assert.deepEqual(findHidden(own, v1Host()), ['pids', 'cgroup2']));
  it('tells named hierarchies apart', () => assert.deepEqual(findHidden('9:name=elogind:/\n', v1Host()), ['name=elogind']));
  it('finds nothing hidden on an ordinary host', () => assert.deepEqual(findHidden('0::/user.slice\n', systemdHost()), []));
});
