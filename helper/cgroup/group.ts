// What is done with the cgroups of a sandbox. Every call is short; what may have to wait is async, and waits on a timer.
// Nothing is kept between two calls: with the id alone, another helper finds everything again.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refusal, SysError } from '../sys/errors.ts';
import { makeDirectory, makeShared, readFrom, removeDirectory, writeIfThere, writeTo } from './files.ts';
import type { Hierarchy } from './hierarchies.ts';
import { everyPlace, type Place, preparations, type Step } from './layout.ts';
import { type Limits, type LimitWrite, orderForChange, planLimits } from './limits.ts';
import { deepestFirst } from './tree.ts';
import { until } from './waiting.ts';

/** Where a sandbox has cgroups now. */
export const findPlaces = (id: string, hierarchies: readonly Hierarchy[]): Place[] =>
  everyPlace(hierarchies, id).filter(({ group }) => existsSync(group));

/** How often the shared directory may go, because another helper has just removed the last other sandbox. */
export const ATTEMPTS = 5;

/** Did something fail because the shared directory went? @param subject the path, or the call with its path, that was not there (ENOENT) */
export const isSharedGone = (places: readonly Place[], subject: string): boolean =>
  places.some(({ shared, group }) => subject.includes(shared) && !subject.includes(`${group}/`));

/** @throws SysError with the call, the errno and the path; Refusal `unsupported` when the host's v2 keeps a controller to itself */
export function take(step: Step): void {
  switch (step.do) {
    case 'mkdir':
      if (step.shared) makeShared(step.path);
      else makeDirectory(step.path);
      break;
    case 'copy':
      writeTo(step.path, readFrom(step.from) ?? '');
      break;
    case 'write':
      if (basename(step.path) === 'cgroup.subtree_control') switchOn(step.path, step.value);
      else if (step.optional) writeIfThere(step.path, step.value);
      else writeTo(step.path, step.value);
  }
}

function switchOn(path: string, controllers: string): void {
  try {
    writeTo(path, controllers);
  } catch (error) {
    if (!(error instanceof SysError) || error.errno === 'ENOENT') throw error;
    const { syscall, errno } = error;
    throw new Refusal(
      'unsupported',
      `This host does not hand on the cgroup controllers ${controllers.replaceAll('+', '')}: ${path}: ${errno}.`,
      {
        syscall,
        errno,
        subject: path,
        hint: 'Processes in that very cgroup keep it from doing so (EBUSY): in a container, move them into a cgroup below it.',
      },
    );
  }
}

/**
 * Removes a sandbox's cgroups, also those that somebody made inside.
 * What is gone already is no failure.
 * @throws SysError rmdir EBUSY when something is still in use after `deadlineMs`, as by a process
 */
export async function remove(places: readonly Place[], deadlineMs: number): Promise<void> {
  let left = places.filter(each => !removeAtOnce(each));
  await until(deadlineMs, () => {
    left = left.filter(({ group }) => !deepestFirst(group, removeDirectory));
    return left.length === 0;
  });
  const [busy] = left;
  if (busy) throw new SysError('rmdir', EBUSY, busy.group);
}

/** After the last sandbox. Where another helper has one it stays. */
export function removeShared(hierarchies: readonly Hierarchy[]): void {
  for (const { shared } of everyPlace(hierarchies, 'none')) removeDirectory(shared);
}

/** Of a group in which nobody made another: no directory of it has to be read. @returns false when something is in it */
export const removeAtOnce = ({ inside, group }: Place): boolean => (inside === group || removeDirectory(inside)) && removeDirectory(group);

const EBUSY = 16;

/**
 * Changes the limits of a living sandbox. A limit that is not named stays as it is, `max` lifts one; with `memoryBytes`
 * goes what it says of swap. When one is refused, those before it are what they were.
 * @throws SysError with the call, the errno and the path: EINVAL for a value, EBUSY for memory that is in use (v1)
 * @throws Refusal `unsupported`, before anything is changed, when the sandbox has no cgroup that could carry one of them
 */
export function update(places: readonly Place[], limits: Limits): void {
  const { writes, missing } = planLimits(
    limits,
    places.map(({ hierarchy }) => hierarchy),
  );
  const [first] = missing;
  if (first) {
    throw new Refusal('unsupported', `The limit ${first.key} cannot be changed: the sandbox was made without it, or ${first.reason}.`, {
      subject: first.key,
      hint: 'Make the sandbox with a limit of that kind; a large one will do.',
    });
  }
  const pathOf = ({ hierarchy, file }: LimitWrite): string => join(placeOf(places, hierarchy).group, file);
  const changed: { readonly path: string; readonly before: string }[] = [];
  // v2 switches a controller on below processes that run; a v1 cgroup has its controllers from the start.
  for (const place of places.filter(({ hierarchy }) => hierarchy.version === 2)) {
    const own = writes.filter(({ hierarchy }) => hierarchy === place.hierarchy);
    for (const step of preparations(place, own)) take(step);
  }
  try {
    for (const write of orderForChange(writes, each => readFrom(pathOf(each)) ?? 'max')) {
      const path = pathOf(write);
      // The first line is the value; io.weight has more for single disks.
      const before = readFrom(path)?.split('\n')[0];
      if (before === undefined && write.optional) continue;
      writeTo(path, write.value);
      if (before !== undefined) changed.push({ path, before });
    }
  } catch (error) {
    for (const { path, before } of changed.reverse()) restore(path, before);
    throw error;
  }
}

function placeOf(places: readonly Place[], hierarchy: Hierarchy): Place {
  const found = places.find(place => place.hierarchy === hierarchy);
  if (!found) throw new Error(`no cgroup in ${hierarchy.mount}`);
  return found;
}

/** What is refused now is not what the caller should hear of: memory that was taken in the meantime, say. */
function restore(path: string, value: string): void {
  try {
    writeTo(path, value);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
