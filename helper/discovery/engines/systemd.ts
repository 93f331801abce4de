// Services that systemd gave namespaces of their own, PrivateTmp=, ProtectHostname= and the like.
import type { Process } from '../../protocol/model.ts';
import { boundedName, type Facts, type Found, userOf } from './engine.ts';
import { startsServices } from './supervisors.ts';
import { membersOf } from './unit-members.ts';

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
  if (!parent || !startsServices(parent)) return undefined;
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
