import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { branchesOf, limitsIn } from '../../../../helper/cgroup/reading.ts';
import { parseCgroup, parseMountInfo } from '../../../../helper/sys/procfs.ts';

const hybrid = parseMountInfo(`
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
47 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`);
const unified = parseMountInfo('30 20 0:26 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n');

const limits = (theirs: string, ours: string, mounts: typeof hybrid, files: Readonly<Record<string, string>>) =>
  limitsIn(branchesOf(parseCgroup(theirs), parseCgroup(ours), mounts), path => files[path]);

describe('limitsIn', () => {
  it('reads v2, the tightest of a group and those above it', () => {
    const files = {
      '/sys/fs/cgroup/pod/web/memory.max': 'max\n',
      '/sys/fs/cgroup/pod/memory.max': '536870912\n',
      '/sys/fs/cgroup/pod/web/memory.swap.max': '0\n',
      '/sys/fs/cgroup/pod/web/pids.max': '100\n',
      '/sys/fs/cgroup/pod/pids.max': '50\n',
      '/sys/fs/cgroup/pod/web/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/pod/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/pod/web/io.weight': 'default 200\n8:0 300\n',
      '/sys/fs/cgroup/pod/io.weight': 'default 10\n',
    };
    assert.deepEqual(limits('0::/pod/web', '0::/system', unified, files), {
      memory: 536_870_912,
      swap: 0,
      cpu: 1.5,
      processes: 50,
      ioWeight: 200,
    });
  });

  it('reads each controller of v1 where it is', () => {
    const files = {
      '/sys/fs/cgroup/memory/web/memory.limit_in_bytes': '268435456\n',
      '/sys/fs/cgroup/memory/web/memory.memsw.limit_in_bytes': '335544320\n',
      '/sys/fs/cgroup/cpu/web/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu/web/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/pids/web/pids.max': 'max\n',
    };
    assert.deepEqual(
      limits('3:cpu,cpuacct:/web\n2:memory:/web\n1:pids:/web\n0::/', '3:cpu,cpuacct:/\n2:memory:/\n1:pids:/\n0::/', hybrid, files),
      {
        memory: 268_435_456,
        swap: 67_108_864,
        cpu: 0.5,
      },
    );
  });

  it('takes the largest number of v1, and -1, as none', () => {
    const files = {
      '/sys/fs/cgroup/memory/web/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/cpu/web/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/web/cpu.cfs_period_us': '100000\n',
    };
    assert.deepEqual(limits('3:cpu,cpuacct:/web\n2:memory:/web', '3:cpu,cpuacct:/\n2:memory:/', hybrid, files), {});
  });

  it('leaves out what holds for the helper too', () => {
    const files = { '/sys/fs/cgroup/user/pids.max': '50\n', '/sys/fs/cgroup/user/web/memory.max': '1048576\n' };
    assert.deepEqual(limits('0::/user/web', '0::/user/helper', unified, files), { memory: 1_048_576 });
    assert.deepEqual(limits('0::/user', '0::/user', unified, files), {});
  });

  it('reads nothing of a group that the helper cannot reach', () => {
    assert.deepEqual(limits('0::/../other', '0::/', unified, { '/sys/fs/cgroup/../other/pids.max': '5' }), {});
    const part = parseMountInfo('30 20 0:26 /mine /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n');
    assert.deepEqual(limits('0::/other', '0::/', part, { '/sys/fs/cgroup/pids.max': '5' }), {});
    assert.deepEqual(limits('0::/mine/web', '0::/', part, { '/sys/fs/cgroup/web/pids.max': '5' }), { processes: 5 });
  });
});
