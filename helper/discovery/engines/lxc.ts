// LXC, and Incus's and LXD's containers, which are LXC's: a monitor stays above each and says so in its command line.
import { dirname } from 'node:path';
import type { Process } from '../../protocol/model.ts';
import { groupOf } from './cgroup.ts';
import { boundedName, type Facts, type Found, type InstanceEngine, userOf } from './engine.ts';
import { instanceOf } from './incus.ts';

/** What the monitor makes of its command line; a path may hold spaces, a name none. */
const monitorPattern = /^\[lxc monitor\] (.+) (\S+)$/;

/** The kernel's name for a monitor is that of the program which became it. */
const daemons: ReadonlyMap<string, InstanceEngine> = new Map([
  ['incusd', 'incus'],
  ['lxd', 'lxd'],
]);

export function byLxc(facts: Facts): Found | undefined {
  const { parent, cgroup } = facts;
  const [, path, monitored] = monitorPattern.exec(parent?.command ?? '') ?? [];
  const name = monitored ?? (cgroup?.engine === 'lxc' ? cgroup.id : undefined);
  if (name === undefined) return undefined;
  const found: Found = {
    engine: 'lxc',
    id: boundedName(name),
    name: boundedName(name),
    labels: {},
    ...userOf(monitored === undefined ? 0 : (parent?.uid ?? 0)),
    source: monitored === undefined ? 'cgroup' : 'lxc monitor',
    group: groupOf(facts, name),
    complete: monitored !== undefined,
  };
  const engine = parent && path !== undefined ? daemons.get(parent.name) : undefined;
  return engine && parent && path !== undefined ? ofDaemon(found, engine, parent, path) : found;
}

/** Its containers are in the directory beside the daemon's socket. */
function ofDaemon(found: Found, engine: InstanceEngine, monitor: Process, path: string): Found {
  const { name, project } = instanceOf(found.id);
  return {
    ...found,
    engine,
    name,
    ...(project !== undefined && { space: project }),
    api: { engine, supervisor: monitor, address: `${dirname(path)}/unix.socket` },
  };
}
