// Makes cgroups without a stage, which makes those of v1 for a sandbox.
import { basename, join } from 'node:path';
import { findPlaces, removeAtOnce, take } from '../../../helper/cgroup/group.ts';
import type { Layout } from '../../../helper/cgroup/layout.ts';

/** A shell line after which the shell, and what it becomes, is in control groups. */
export const intoGroups = (directories: readonly string[]): string =>
  ['set -e', ...directories.map(directory => `echo $$ >${join(directory, 'cgroup.procs')}`)].join('; ');

/** Leaves nothing of it when it throws. */
export function make({ make: { v1, v2 }, places }: Layout): void {
  const there = new Set(places.filter(each => findPlaces(basename(each.group), [each.hierarchy]).length > 0));
  try {
    for (const step of [...v1, ...v2]) take(step);
  } catch (error) {
    for (const place of places) if (!there.has(place)) removeAtOnce(place);
    throw error;
  }
}
