// The end of every process of a sandbox, whether it has a pid namespace or not, and however fast they fork.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { hasVanished, Refusal } from '../sys/errors.ts';
import { SIGKILL } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { membersOf, numberIn, readFrom, writeIfThere } from './files.ts';
import type { Place } from './layout.ts';
import { deepestFirst } from './tree.ts';
import { until } from './waiting.ts';

/** Has it no process in any hierarchy? One that has ended counts no more, even when nobody has waited for it. */
export const isEmpty = (places: readonly Place[]): boolean => places.every(hasNoProcess);

function hasNoProcess({ hierarchy, group }: Place): boolean {
  if (hierarchy.version === 2) return numberIn(readFrom(join(group, 'cgroup.events')), 'populated') !== 1;
  return deepestFirst(group, cgroup => membersOf(cgroup).length === 0);
}

/** @returns false when there is still a process in it after `deadlineMs` */
export const awaitEmpty = (places: readonly Place[], deadlineMs: number): Promise<boolean> => until(deadlineMs, () => isEmpty(places));

/**
 * Ends all its processes, and resolves when there are none. A kernel with cgroup.kill (v2, Linux 5.14) does it as one
 * act; elsewhere forking is stopped first, where a controller can, and every process gets its signal until none is left.
 * What is left of the cgroups is of no more use than to be removed.
 * @throws Refusal `system` when a process withstands for `deadlineMs`, as one that waits for a dead disk does
 */
export async function kill(places: readonly Place[], deadlineMs: number): Promise<void> {
  const atOnce = places.filter(place => place.hierarchy.version === 2 && writeIfThere(join(place.group, 'cgroup.kill'), '1'));
  // A process is in all of them, but for one that was on its way in.
  if (atOnce.length > 0 && (await awaitEmpty(places, Math.min(FIRST_WAIT_MS, deadlineMs)))) return;
  const isDone = await until(deadlineMs, () => {
    for (const place of places) brake(place);
    for (const place of places) if (!hasNoProcess(place)) signalAll(place);
    return isEmpty(places);
  });
  if (!isDone) throw withstood(places, deadlineMs);
}

/** What cgroup.kill has signalled is gone within this time, unless something holds it. */
const FIRST_WAIT_MS = 250;

/** Stops forking. Whoever is frozen does not fork, but on v1 does not die either before it is thawed. */
function brake({ hierarchy: { controllers, version }, group }: Place): void {
  if (controllers.includes('pids')) writeIfThere(join(group, 'pids.max'), '0');
  if (version === 2) writeIfThere(join(group, 'cgroup.freeze'), '1');
  if (controllers.includes('freezer')) writeIfThere(join(group, 'freezer.state'), 'FROZEN');
}

/** On v1 a frozen process does not die, whoever froze it; on v2 it does. */
export function thaw(places: readonly Place[]): void {
  for (const { hierarchy, group } of places) {
    if (!hierarchy.controllers.includes('freezer')) continue;
    deepestFirst(group, cgroup => {
      writeIfThere(join(cgroup, 'freezer.state'), 'THAWED');
      return true;
    });
  }
}

function signalAll({ hierarchy, group }: Place): void {
  deepestFirst(group, cgroup => {
    const members = membersOf(cgroup);
    for (let at = 0; at < members.length; at += AT_A_TIME) signal(cgroup, members.slice(at, at + AT_A_TIME));
    return true;
  });
  if (hierarchy.controllers.includes('freezer')) writeIfThere(join(group, 'freezer.state'), 'THAWED');
}

/** Descriptors that are open at the same time. */
const AT_A_TIME = 200;

/**
 * A pid may by now be that of a process elsewhere. So each is taken hold of, and signalled only if the cgroup then still
 * has that pid: what is held is then a member, or has ended, and its signal reaches nobody.
 */
function signal(cgroup: string, pids: readonly number[]): void {
  const held = pids.flatMap(pid => {
    const pidfd = ifAlive(() => sys('pidfd_open', `pid ${pid}`, pid, 0));
    return pidfd === undefined ? [] : [{ pid, pidfd }];
  });
  try {
    const members = new Set(membersOf(cgroup));
    for (const { pid, pidfd } of held) {
      if (members.has(pid)) ifAlive(() => sys('pidfd_send_signal', `pid ${pid}`, pidfd, SIGKILL));
    }
  } finally {
    for (const { pidfd } of held) closeSync(pidfd);
  }
}

function ifAlive(call: () => number): number | undefined {
  try {
    return call();
  } catch (error) {
    if (hasVanished(error)) return undefined;
    throw error;
  }
}

function withstood(places: readonly Place[], deadlineMs: number): Refusal {
  const place = places.find(each => !hasNoProcess(each)) ?? places[0];
  const left: number[] = [];
  if (place) {
    deepestFirst(place.group, cgroup => {
      left.push(...membersOf(cgroup));
      return true;
    });
  }
  const group = place?.group ?? 'the cgroup';
  return new Refusal('system', `Processes of ${group} did not end within ${deadlineMs / 1000} s: ${left.slice(0, 5).join(', ')}.`, {
    subject: group,
    hint: 'The kernel keeps a process that waits for a device or a file server (state D in ps).',
  });
}
