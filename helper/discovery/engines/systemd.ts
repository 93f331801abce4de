// Services that systemd gave namespaces of their own, PrivateTmp= and the like.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Process } from '../../protocol/model.ts';
import { parseMountInfo } from '../../sys/procfs.ts';
import { boundedName, type Facts, type Found, userOf } from './engine.ts';

export interface Unit {
  readonly name: string;
  /** The user whose systemd it is; 0 for the machine's. */
  readonly uid: number;
  /** The path of its cgroup. */
  readonly path: string;
}

/** The service that a cgroup is of; undefined for sessions, and for what a user's systemd is itself. */
export function unitOfCgroup(paths: readonly string[]): Unit | undefined {
  for (const path of paths) {
    const parts = path.split('/');
    const at = parts.findLastIndex(part => part.endsWith('.service'));
    const name = parts[at];
    if (name === undefined || /^user@\d+\.service$/.test(name)) continue;
    const uid = Number(parts.map(part => /^user@(\d+)\.service$/.exec(part)?.[1]).find(each => each !== undefined) ?? 0);
    return { name, uid, path: parts.slice(0, at + 1).join('/') };
  }
  return undefined;
}

export function bySystemd(facts: Facts): Found | undefined {
  const { process, parent, cgroups, processes } = facts;
  if (parent?.name !== 'systemd') return undefined;
  const unit = unitOfCgroup(cgroups);
  if (!unit || oldestOf(membersOf(unit.path), processes) !== process.pid) return undefined;
  const name = boundedName(unit.name);
  return {
    engine: 'systemd',
    id: name,
    name,
    labels: {},
    ...userOf(unit.uid),
    source: 'cgroup',
    group: `unit ${unit.path}`,
    complete: true,
  };
}

/** The process that was started first, which is the unit's main one. */
export const oldestOf = (pids: readonly number[], processes: ReadonlyMap<number, Process>): number | undefined =>
  pids
    .flatMap(pid => processes.get(pid) ?? [])
    .reduce<Process | undefined>((oldest, each) => (oldest && oldest.start <= each.start ? oldest : each), undefined)?.pid;

/** A service's own processes; where it has made cgroups below its own, of those in there only what started later is missed. */
function membersOf(path: string): number[] {
  for (const mount of parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))) {
    const isUnits = mount.fileSystem === 'cgroup2' || (mount.fileSystem === 'cgroup' && mount.options.split(',').includes('name=systemd'));
    if (!isUnits) continue;
    const text = read(join(mount.path, path, 'cgroup.procs'));
    if (text !== '') return text.trim().split('\n').map(Number);
  }
  return [];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the unit has stopped, or is not in this hierarchy
  }
}
