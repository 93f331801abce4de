import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hierarchy } from '../../../../helper/cgroup/hierarchies.ts';
import { type Limits, orderForChange, planLimits } from '../../../../helper/cgroup/limits.ts';
import { hybridHost, inContainer, systemdHost, v1Host, v2Files } from './hosts.ts';

const MB = 1 << 20;
const all: Limits = { memoryBytes: 256 * MB, swapBytes: 64 * MB, cpus: 0.5, processes: 100, ioWeight: 2500 };

const written = (limits: Limits, hierarchies: readonly Hierarchy[]): string[] =>
  planLimits(limits, hierarchies).writes.map(({ file, value, optional }) => `${file}=${value}${optional ? '?' : ''}`);
const missing = (limits: Limits, hierarchies: readonly Hierarchy[]): string[] =>
  planLimits(limits, hierarchies).missing.map(({ key, reason }) => `${key}: ${reason}`);

describe('planLimits', () => {
  it('writes the files of v2', () => {
    const host = systemdHost([...v2Files.plain, ...v2Files.memory, ...v2Files.cpu, ...v2Files.pids, 'io.stat', 'io.weight']);
    assert.deepEqual(written(all, host), [
      'memory.max=268435456',
      'memory.swap.max=67108864',
      'cpu.max=50000 100000',
      'pids.max=100',
      'io.weight=2500',
    ]);
    assert.deepEqual(missing(all, host), []);
  });

  it('writes the files of v1, each where its controller is', () => {
    const { writes } = planLimits(all, hybridHost());
    assert.deepEqual(
      writes.map(({ hierarchy, file, value }) => [hierarchy.mount, file, value]),
      [
        ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes', '268435456'],
        ['/sys/fs/cgroup/memory', 'memory.memsw.limit_in_bytes', '335544320'],
        ['/sys/fs/cgroup/cpu', 'cpu.cfs_period_us', '100000'],
        ['/sys/fs/cgroup/cpu', 'cpu.cfs_quota_us', '50000'],
        ['/sys/fs/cgroup/pids', 'pids.max', '100'],
        ['/sys/fs/cgroup/blkio', 'blkio.bfq.weight', '1000'],
      ],
    );
  });

  it('writes what lifts a limit', () => {
    const none: Limits = { memoryBytes: 'max', cpus: 'max', processes: 'max' };
    assert.deepEqual(written(none, systemdHost()), ['memory.max=max', 'memory.swap.max=max?', 'cpu.max=max 100000', 'pids.max=max']);
    assert.deepEqual(written(none, hybridHost()), [
      'memory.limit_in_bytes=-1',
      'memory.memsw.limit_in_bytes=-1?',
      'cpu.cfs_period_us=100000',
      'cpu.cfs_quota_us=-1',
      'pids.max=max',
    ]);
  });

  it('lets nothing be swapped where only memory is limited', () => {
    assert.deepEqual(written({ memoryBytes: MB }, systemdHost()), ['memory.max=1048576', 'memory.swap.max=0?']);
    assert.deepEqual(written({ memoryBytes: MB }, v1Host()), ['memory.limit_in_bytes=1048576', 'memory.memsw.limit_in_bytes=1048576?']);
  });

  it('lets as much be swapped as one likes where that is said', () =>
    assert.deepEqual(written({ memoryBytes: MB, swapBytes: 'max' }, v1Host()), [
      'memory.limit_in_bytes=1048576',
      'memory.memsw.limit_in_bytes=-1',
    ]));

  it('takes a longer period for a share that is too small for the usual one', () => {
    assert.deepEqual(written({ cpus: 0.01 }, systemdHost()), ['cpu.max=1000 100000']);
    assert.deepEqual(written({ cpus: 0.0015 }, systemdHost()), ['cpu.max=1500 1000000']);
    assert.deepEqual(written({ cpus: 2.5 }, systemdHost()), ['cpu.max=250000 100000']);
  });

  it('takes the file that the host has for the weight', () => {
    assert.deepEqual(written({ ioWeight: 2500 }, systemdHost(['io.stat', 'io.bfq.weight'])), ['io.bfq.weight=1000']);
    assert.deepEqual(written({ ioWeight: 2500 }, systemdHost(['io.stat', 'io.bfq.weight', 'io.weight'])), ['io.weight=2500']);
    assert.deepEqual(missing({ ioWeight: 2500 }, systemdHost(['io.stat'])), [
      'ioWeight: the cgroup controller io has no io.weight or io.bfq.weight on this kernel',
    ]);
  });

  it('names what the host has nowhere', () => {
    const nowhere = (controller: string): string => `this host has the cgroup controller ${controller} nowhere that Burrow can use it`;
    assert.deepEqual(missing(all, v1Host()), [`processes: ${nowhere('pids')}`, `ioWeight: ${nowhere('io')}`]);
    assert.deepEqual(missing({ cpus: 1, processes: 5 }, inContainer('1\n')), [`cpus: ${nowhere('cpu')}`]);
    assert.deepEqual(missing({ memoryBytes: MB }, []), [`memoryBytes: ${nowhere('memory')}`]);
  });

  it('names swap where the kernel does not count it, but only if it was asked for', () => {
    const host = systemdHost([...v2Files.plain, 'memory.max']);
    assert.deepEqual(missing({ memoryBytes: MB, swapBytes: 0 }, host), [
      'swapBytes: the cgroup controller memory has no memory.swap.max on this kernel',
    ]);
    assert.deepEqual(planLimits({ memoryBytes: MB }, host).missing, []);
    assert.deepEqual(written({ memoryBytes: MB }, host), ['memory.max=1048576']);
  });

  it('names swap alone on v1', () =>
    assert.deepEqual(missing({ swapBytes: 0 }, v1Host()), [
      'swapBytes: cgroup v1 counts swap only together with memory: limit that as well',
    ]));
});

describe('orderForChange', () => {
  const { writes } = planLimits({ memoryBytes: 100, swapBytes: 100, processes: 9 }, hybridHost());
  const order = (sumNow: string): string[] => orderForChange(writes, () => sumNow).map(({ file }) => file);

  it('raises memory and swap together before memory', () =>
    assert.deepEqual(order('150'), ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes', 'pids.max']));
  it('lowers memory before memory and swap together', () => {
    for (const now of ['201', '9223372036854771712', '-1'])
      assert.deepEqual(order(now), ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes', 'pids.max']);
  });
  it('lifts memory and swap together before memory', () => {
    const lifted = planLimits({ memoryBytes: 'max' }, hybridHost()).writes;
    assert.deepEqual(
      orderForChange(lifted, () => '150').map(({ file }) => file),
      ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes'],
    );
  });
});
