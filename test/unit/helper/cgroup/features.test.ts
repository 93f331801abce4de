import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cgroupFeatures } from '../../../../helper/cgroup/features.ts';
import { hybridHost, systemdHost, v2Files } from './hosts.ts';

const absent = (features: ReturnType<typeof cgroupFeatures>): string[] =>
  Object.entries(features).flatMap(([name, { available, reason }]) => (available ? [] : [`${name}: ${reason}`]));

describe('cgroupFeatures', () => {
  it('finds all on a host with everything', () => {
    const files = [...v2Files.plain, ...v2Files.memory, ...v2Files.cpu, ...v2Files.pids, 'io.stat', 'io.weight'];
    assert.deepEqual(absent(cgroupFeatures(systemdHost(files))), []);
  });
  it('gives the reason for what there is not', () => {
    assert.deepEqual(absent(cgroupFeatures(systemdHost(['memory.max', 'io.stat']))), [
      'limits-swap: the cgroup controller memory has no memory.swap.max on this kernel',
      'limits-io: the cgroup controller io has no io.weight or io.bfq.weight on this kernel',
      'cgroup-kill: this kernel has no cgroup.kill, which came with Linux 5.14',
    ]);
    const v1 = hybridHost().filter(({ version, controllers }) => version === 1 && !controllers.includes('pids'));
    assert.deepEqual(absent(cgroupFeatures(v1)), [
      'limits-processes: this host has the cgroup controller pids nowhere that Burrow can use it',
      'cgroup-kill: this host has no cgroup v2 mounted that Burrow can use',
    ]);
  });
});
