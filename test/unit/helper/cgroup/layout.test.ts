import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hierarchy } from '../../../../helper/cgroup/hierarchies.ts';
import { joinCalls } from '../../../../helper/cgroup/join.ts';
import { describeStep, type Layout, layOut, type Wishes } from '../../../../helper/cgroup/layout.ts';
import { describe as describeCall } from '../../../../helper/stage/program.ts';
import { hybridHost, systemdHost, v1Host } from './hosts.ts';

const plain: Wishes = { limits: {}, lasting: false, guarded: false, killable: false, counted: false };
const make = (host: readonly Hierarchy[], wishes: Partial<Wishes>): Layout => layOut('web', host, { ...plain, ...wishes });
const used = (host: readonly Hierarchy[], wishes: Partial<Wishes>): (string | undefined)[] =>
  make(host, wishes).places.map(({ hierarchy }) => hierarchy.mount.split('/').at(-1));

describe('layOut', () => {
  it('makes nothing for a sandbox that needs nothing', () => {
    const { places, make: steps, missing } = make(hybridHost(), {});
    assert.deepEqual([places, steps, missing], [[], { v1: [], v2: [] }, []]);
  });

  it('uses only what has a limit', () => {
    assert.deepEqual(used(hybridHost(), { limits: { memoryBytes: 4096, processes: 10 } }), ['memory', 'pids']);
    assert.deepEqual(used(systemdHost(), { limits: { memoryBytes: 4096, processes: 10 } }), ['cgroup']);
  });

  it('keeps processes out of the login session, in every hierarchy that knows of sessions', () => {
    assert.deepEqual(used(systemdHost(), { lasting: true }), ['cgroup']);
    assert.deepEqual(used(hybridHost(), { lasting: true }), ['systemd', 'unified']);
    assert.deepEqual(used(v1Host(), { lasting: true }), ['systemd']);
  });

  it('uses every hierarchy where root inside is root outside', () => assert.deepEqual(make(v1Host(), { guarded: true }).places.length, 5));

  it('uses what kills best where there is no pid namespace to kill by', () => {
    assert.deepEqual(used(hybridHost(), { killable: true }), ['unified']);
    const old = hybridHost().filter(({ version }) => version === 1);
    assert.deepEqual(used(old, { killable: true }), ['pids']);
    assert.deepEqual(used(v1Host(), { killable: true }), ['systemd']);
  });

  it('switches controllers on down to the cgroup with the limits, and no further', () =>
    assert.deepEqual(make(systemdHost(), { limits: { cpus: 1, processes: 10 } }).make.v2.map(describeStep), [
      'mkdir("/sys/fs/cgroup/burrow", 0755)  # may be there',
      'write("/sys/fs/cgroup/cgroup.subtree_control", "+cpu +pids")',
      'write("/sys/fs/cgroup/burrow/cgroup.subtree_control", "+cpu +pids")',
      'mkdir("/sys/fs/cgroup/burrow/web", 0755)',
      'write("/sys/fs/cgroup/burrow/web/cpu.max", "100000 100000")',
      'write("/sys/fs/cgroup/burrow/web/pids.max", "10")',
      'mkdir("/sys/fs/cgroup/burrow/web/inside", 0755)',
    ]));

  it('gives a v1 cpuset what it needs to take processes', () =>
    assert.deepEqual(
      make(v1Host(), { guarded: true })
        .make.v1.map(describeStep)
        .filter(line => line.includes('/cpuset/')),
      [
        'mkdir("/sys/fs/cgroup/cpuset/burrow", 0755)  # may be there',
        'write("/sys/fs/cgroup/cpuset/burrow/cpuset.cpus", what /sys/fs/cgroup/cpuset/cpuset.cpus says)',
        'write("/sys/fs/cgroup/cpuset/burrow/cpuset.mems", what /sys/fs/cgroup/cpuset/cpuset.mems says)',
        'write("/sys/fs/cgroup/cpuset/burrow/cgroup.clone_children", "1")',
        'mkdir("/sys/fs/cgroup/cpuset/burrow/web", 0755)',
      ],
    ));

  it('names a limit that the host has nowhere', () =>
    assert.deepEqual(
      make(v1Host(), { limits: { processes: 10 } }).missing.map(({ key, controller }) => [key, controller]),
      [['processes', 'pids']],
    ));

  it('refuses an id that leads elsewhere', () => {
    for (const id of ['..', '', 'a/b', '.', '-x', 'a\n']) assert.throws(() => layOut(id, v1Host(), { ...plain, guarded: true }), /no id/);
  });
});

describe('joinCalls', () => {
  it('moves one thread by itself on v1, and the process on v2', () => {
    const { places } = make(hybridHost(), { limits: { processes: 10 }, killable: true });
    assert.deepEqual(joinCalls(places).map(describeCall), [
      'openat(AT_FDCWD, "/sys/fs/cgroup/pids/burrow/web/inside/tasks", O_WRONLY|O_CLOEXEC, 0)',
      'write(<members of /sys/fs/cgroup/pids/burrow/web/inside>, "0", 1)',
      'close(<members of /sys/fs/cgroup/pids/burrow/web/inside>)',
      'openat(AT_FDCWD, "/sys/fs/cgroup/unified/burrow/web/cgroup.procs", O_WRONLY|O_CLOEXEC, 0)',
      'write(<members of /sys/fs/cgroup/unified/burrow/web>, "0", 1)',
      'close(<members of /sys/fs/cgroup/unified/burrow/web>)',
    ]);
  });
});
