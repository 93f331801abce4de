// The processes of a unit of systemd's, by its control group and those that it made below: with Delegate= a service
// may keep no process in its own.
import { type Dir, opendirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMountInfo } from '../../sys/procfs.ts';

/** A user may delegate, too, and make as many as there is memory for: in more than these nobody is looked for. */
const GROUPS = 64;
const ENTRIES = 4096;

/** @param path of the unit's control group, as /proc/PID/cgroup has it; there are none when the unit has stopped */
export function membersOf(path: string): number[] {
  for (const mount of parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))) {
    const isUnits = mount.fileSystem === 'cgroup2' || (mount.fileSystem === 'cgroup' && mount.options.split(',').includes('name=systemd'));
    const members = isUnits ? membersBelow(join(mount.path, path)) : [];
    if (members.length > 0) return members;
  }
  return [];
}

/** Of a directory of control groups and those in it, the nearest first. */
export function membersBelow(top: string): number[] {
  const groups = [top];
  // The list grows while it is walked.
  for (const group of groups) {
    const room = GROUPS - groups.length;
    if (room > 0) groups.push(...subdirectories(group, room));
  }
  return groups.flatMap(processesIn);
}

function processesIn(group: string): number[] {
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return []; // it is gone, not in this hierarchy, or has threads only, which EOPNOTSUPP says
  }
}

function subdirectories(path: string, limit: number): string[] {
  let directory: Dir;
  try {
    directory = opendirSync(path);
  } catch {
    return []; // it is gone, or not in this hierarchy
  }
  try {
    const found: string[] = [];
    for (let count = 0; count < ENTRIES && found.length < limit; count++) {
      const entry = directory.readSync();
      if (!entry) break;
      if (entry.isDirectory()) found.push(join(path, entry.name));
    }
    return found;
  } finally {
    directory.closeSync();
  }
}
