// What can be done with a sandbox while it lives, besides entering it.
import { closeSync } from 'node:fs';
import { update as updateGroups } from '../cgroup/group.ts';
import { usage as usageOf } from '../cgroup/usage.ts';
import { type Changes, changesOf } from '../changes/changes.ts';
import { keep } from '../changes/keep.ts';
import type { Caller } from '../image/as-caller.ts';
import { STAGING_FD } from '../plan/stage-steps.ts';
import type { Sandbox } from '../protocol/model.ts';
import type { Usage } from '../protocol/report.ts';
import { Refusal } from '../sys/errors.ts';
import { SIGKILL } from '../sys/flags.ts';
import { openDescriptor } from '../sys/pidfd.ts';
import { groupLimitsOf, type NewLimits } from './confinement.ts';
import { isAlive, signal } from './init.ts';
import type { Kept } from './records.ts';
import type { Sandboxes } from './sandboxes.ts';

/** What it has used so far, as its control groups tell. */
export function usageIn(sandboxes: Sandboxes, id: string): Usage {
  const { memoryNowBytes, oomKills, processesRefused, throttledSeconds: _, ...same } = usageOf(sandboxes.placesOf(id));
  return {
    ...same,
    ...(memoryNowBytes !== undefined && { memoryBytes: memoryNowBytes }),
    ...(oomKills !== undefined && { killedForMemory: oomKills }),
    ...(processesRefused !== undefined && { refusedProcesses: processesRefused }),
  };
}

/** @throws Refusal when the host cannot keep it; then nothing is changed */
export function changeLimits(sandboxes: Sandboxes, key: string, limits: NewLimits): Sandbox {
  const kept = sandboxes.find(key);
  // Without a word on swap a limit of memory means none.
  const { swap } = kept.sandbox.limits;
  const wanted = limits.memory !== undefined && limits.swap === undefined && swap !== undefined ? { ...limits, swap } : limits;
  updateGroups(sandboxes.placesOf(kept.sandbox.id), groupLimitsOf(wanted));
  const merged = Object.entries({ ...kept.sandbox.limits, ...limits }).filter(([, value]) => value !== null && value !== undefined);
  const sandbox = { ...kept.sandbox, limits: Object.fromEntries(merged) };
  sandboxes.keep({ ...kept, sandbox });
  return sandbox;
}

/** To its command, or to its init where it has none. */
export function sendSignal(sandboxes: Sandboxes, key: string, number: number): void {
  const { sandbox, start } = sandboxes.find(key);
  if (sandbox.pid === undefined || start === undefined)
    throw new Refusal('invalid', `${sandbox.name} has no process that could get a signal.`, { subject: sandbox.name });
  signal(sandbox.name, sandbox.pid, start, number);
}

/** Ends all in it at once; its end takes the rest away. One that is gone is no error. */
export function killAll(sandboxes: Sandboxes, id: string): void {
  const kept = sandboxes.seek(id);
  if (kept?.sandbox.pid !== undefined && kept.start !== undefined) signal(kept.sandbox.name, kept.sandbox.pid, kept.start, SIGKILL);
}

/** The files of a thrown-away root that it wrote. */
export const changesIn = (sandboxes: Sandboxes, key: string): Promise<Changes> =>
  withStaging(sandboxes.find(key), (staging, disks) => changesOf(staging, disks));

export const keepFiles = (sandboxes: Sandboxes, key: string, paths: readonly string[], caller: Caller): Promise<number> =>
  withStaging(sandboxes.find(key), (staging, disks) => keep(staging, { disks, paths, caller }));

/** Its init has the layers open, and nobody else. */
async function withStaging<T>(
  { sandbox, start, traces }: Kept,
  work: (staging: number, disks: readonly string[]) => Promise<T>,
): Promise<T> {
  const { name, pid, root } = sandbox;
  if (root !== 'discard')
    throw new Refusal('invalid', `${name} throws nothing away: only with "root": "discard" is there a list of changed files.`, {
      subject: name,
    });
  if (pid === undefined || start === undefined || !isAlive(pid, start))
    throw new Refusal('gone', `What ${name} wrote went with its init.`, { subject: name });
  const staging = openDescriptor(pid, STAGING_FD);
  try {
    return await work(staging, traces.disks);
  } finally {
    closeSync(staging);
  }
}
