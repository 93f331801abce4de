// Which limits this host can set, each with the reason where it cannot.
import type { Feature } from '../protocol/model.ts';
import type { Hierarchy } from './hierarchies.ts';
import { type LimitKey, type Limits, planLimits } from './limits.ts';

/** What each is asked by: v1 has swap only together with memory. */
const questions: Readonly<Record<string, { readonly key: LimitKey; readonly limits: Limits }>> = {
  'limits-memory': { key: 'memoryBytes', limits: { memoryBytes: 'max' } },
  'limits-swap': { key: 'swapBytes', limits: { memoryBytes: 'max', swapBytes: 'max' } },
  'limits-cpu': { key: 'cpus', limits: { cpus: 'max' } },
  'limits-processes': { key: 'processes', limits: { processes: 'max' } },
  'limits-io': { key: 'ioWeight', limits: { ioWeight: 100 } },
};

const feature = (reason: string | undefined): Feature => (reason === undefined ? { available: true } : { available: false, reason });

export const cgroupFeatures = (hierarchies: readonly Hierarchy[]): Record<string, Feature> => ({
  ...Object.fromEntries(
    Object.entries(questions).map(([name, { key, limits }]) => {
      const missing = planLimits(limits, hierarchies).missing.find(each => each.key === key);
      return [name, feature(missing?.reason)];
    }),
  ),
  'cgroup-kill': feature(whyNoKill(hierarchies)),
});

function whyNoKill(hierarchies: readonly Hierarchy[]): string | undefined {
  const unified = hierarchies.find(({ version }) => version === 2);
  if (!unified) return 'this host has no cgroup v2 mounted that Burrow can use';
  return unified.files?.includes('cgroup.kill') ? undefined : 'this kernel has no cgroup.kill, which came with Linux 5.14';
}
