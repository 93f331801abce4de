// The control groups of a process, held open, for a command that takes its place.
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Hierarchy, hostHierarchies } from '../cgroup/hierarchies.ts';
import { Refusal } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { type CgroupLine, parseCgroup } from '../sys/procfs.ts';

export interface Membership {
  readonly version: 1 | 2;
  /** `tasks` of v1, to be written to; the directory of v2, to be born into. */
  readonly fd: number;
  readonly path: string;
}

export interface Memberships {
  readonly held: readonly Membership[];
  /** Hierarchies whose group of it cannot be joined, by their controllers; `cgroup2` for that of v2. */
  readonly missing: readonly string[];
}

const hierarchyOf = ({ controllers }: CgroupLine, all: readonly Hierarchy[]): Hierarchy | undefined => {
  const names = controllers.split(',');
  return all.find(({ version, controllers: theirs, name }) =>
    controllers === '' ? version === 2 : version === 1 && (theirs.some(each => names.includes(each)) || names.includes(`name=${name}`)),
  );
};

/**
 * Opens the groups in which it is and the helper is not. The caller closes them.
 * @param groups of the process, from /proc/PID/cgroup
 * @throws Refusal `denied` for a process that is paused: the command would stand still with it
 */
export function openMemberships(groups: readonly CgroupLine[], label: string): Memberships {
  const hierarchies = hostHierarchies();
  const own = parseCgroup(readFileSync('/proc/self/cgroup', 'utf8'));
  const held: Membership[] = [];
  const missing: string[] = [];
  try {
    for (const line of groups) {
      if (own.some(each => each.controllers === line.controllers && each.path === line.path)) continue;
      const hierarchy = hierarchyOf(line, hierarchies);
      const membership = hierarchy && open(hierarchy, line.path, label);
      if (membership) held.push(membership);
      else missing.push(line.controllers || 'cgroup2');
    }
    return { held, missing };
  } catch (error) {
    closeMemberships(held);
    throw error;
  }
}

export function closeMemberships(held: readonly Membership[]): void {
  for (const { fd } of held) closeSync(fd);
}

/** @returns undefined where the helper may not, or cannot: the group of an ordinary user's helper is its own affair */
function open({ version, mount }: Hierarchy, path: string, label: string): Membership | undefined {
  // A group outside the helper's own root shows as `/../other`, and cannot be reached through this mount.
  if (path.split('/').includes('..')) return undefined;
  const directory = join(mount, path);
  if (isFrozen(directory, version)) throw paused(label);
  try {
    if (version === 2) return { version, path: directory, fd: openSync(directory, O_PATH | constants.O_DIRECTORY) };
    const tasks = join(directory, 'tasks');
    return { version, path: tasks, fd: openSync(tasks, constants.O_WRONLY) };
  } catch {
    return undefined;
  }
}

const paused = (label: string): Refusal =>
  new Refusal('denied', `${label} is paused: nothing that enters it would run.`, { subject: label, hint: 'Let it go on first.' });

/** It may have been paused a moment after it was entered, and then that is why nothing came of it. */
export function requireRunning(held: readonly Membership[], label: string): void {
  if (held.some(({ version, path }) => isFrozen(version === 1 ? dirname(path) : path, version))) throw paused(label);
}

/** `docker pause` and the like. Also when a group above it is frozen. A root has neither file. */
function isFrozen(directory: string, version: 1 | 2): boolean {
  if (version === 2) return /^frozen 1$/m.test(readIfThere(join(directory, 'cgroup.events')) ?? '');
  const state = readIfThere(join(directory, 'freezer.state'));
  return state !== undefined && state.trim() !== 'THAWED';
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
