// LXC, and LXD's and Incus's containers, which are LXC's: a monitor stays above each and says so in its command line.
import { groupOf } from './cgroup.ts';
import { boundedName, type Facts, type Found, userOf } from './engine.ts';

/** What the monitor makes of its command line; a path may hold spaces, a name none. */
const monitorPattern = /^\[lxc monitor\] .+ (\S+)$/;

export function byLxc(facts: Facts): Found | undefined {
  const { parent, cgroup } = facts;
  const monitored = monitorPattern.exec(parent?.command ?? '')?.[1];
  const name = monitored ?? (cgroup?.engine === 'lxc' ? cgroup.id : undefined);
  if (name === undefined) return undefined;
  return {
    engine: 'lxc',
    id: boundedName(name),
    name: boundedName(name),
    labels: {},
    ...userOf(monitored === undefined ? 0 : (parent?.uid ?? 0)),
    source: monitored === undefined ? 'cgroup' : 'lxc monitor',
    group: groupOf(facts, name),
    complete: monitored !== undefined,
  };
}
