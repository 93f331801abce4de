// A helper with an open tree: one change, none at all, and what it takes in memory.
import { setTimeout as pause } from 'node:timers/promises';
import type { Helper } from '../../../helper/client/connect.ts';
import { timesOf } from '../measure.ts';
import type { Running } from '../programs.ts';
import type { Subject } from '../subject.ts';
import { compared, type Row, row } from '../table.ts';
import { processCount } from './crowd.ts';
import { memoryMb, processorMs, processorPercent } from './usage.ts';
import type { Watch } from './watch.ts';

const CHANGES = 20;
const SCANS = 10;
const CHANGE_GOAL = 0.05;
const IDLE_SECONDS = 20;
const SETTLE_SECONDS = 20;
const IDLE_GOAL_PERCENT = 1;
const MEMORY_GOAL_MB = 120;

/** One process in a uts namespace of its own begins: what the helper read for it, and when the client knew. */
export async function oneChange({ helper, pid }: Subject, watch: Watch, maker: Running): Promise<Row[]> {
  const scan = timesOf(await scansMs(helper));
  const refreshes: number[] = [];
  const told: number[] = [];
  const spentMs = processorMs(pid);
  for (let round = 0; round < CHANGES; round++) {
    const { refreshes: before } = await helper.request('namespaces/statistics', {});
    const made = await appear(watch, maker);
    told.push(made.tookMs);
    refreshes.push(await workMs(helper, before));
    await disappear(watch, maker, made.pid);
  }
  const processor = (processorMs(pid) - spentMs) / CHANGES;
  const processes = `${processCount()} processes`;
  return [
    compared(`refresh after one change, ${processes}`, timesOf(refreshes), 'its own full scan', scan, CHANGE_GOAL),
    row('processor time for one process that comes and goes', processor, 'ms', CHANGES, {
      against: 'its own full scan',
      other: scan.medianMs,
    }),
    row('from the start of a process until the client is told', timesOf(told).medianMs, 'ms', CHANGES),
  ];
}

/** By the helper's own clock, like its refreshes. */
async function scansMs(helper: Helper): Promise<number[]> {
  const times: number[] = [];
  while (times.length < SCANS) times.push((await helper.request('namespaces/refresh', {})).tookMs);
  return times;
}

/** A new process, and how long until the client was told of it. */
export async function appear(watch: Watch, maker: Running): Promise<{ pid: number; tookMs: number }> {
  const began = performance.now();
  const pid = Number(await maker.ask('m'));
  return { pid, tookMs: (await watch.told(pid)) - began };
}

export async function disappear(watch: Watch, maker: Running, pid: number): Promise<void> {
  await maker.ask('r');
  await watch.toldGone(pid);
}

/** A helper that reads everything for a change has made no refresh: then the scan is what the change cost. */
async function workMs(helper: Helper, before: number): Promise<number> {
  const { refreshes, lastRefreshMs, lastScanMs } = await helper.request('namespaces/statistics', {});
  return refreshes > before ? lastRefreshMs : lastScanMs;
}

export async function idle({ helper, pid }: Subject): Promise<Row[]> {
  // Engines are asked a few times for the names of what has just come.
  await pause(SETTLE_SECONDS * 1000);
  const { events } = await helper.request('namespaces/statistics', {});
  const { percent } = await processorPercent(pid, () => pause(IDLE_SECONDS * 1000));
  const after = await helper.request('namespaces/statistics', {});
  const what = `processor of the helper in ${IDLE_SECONDS} s without a change, ${processCount()} processes, of one core`;
  return [
    row(what, percent, '%', 1, undefined, IDLE_GOAL_PERCENT),
    row('events of other programs in that time', after.events - events, 'times', 1),
  ];
}

/** After several scans: the first one alone would leave out what they leave behind. */
export async function memory({ helper, pid }: Subject): Promise<Row[]> {
  await scansMs(helper);
  const { now, most } = memoryMb(pid);
  const what = `memory of the helper, ${processCount()} processes`;
  return [
    row(`${what}, now`, now, 'MB', 1, undefined, MEMORY_GOAL_MB),
    row(`${what}, the most it ever had`, most, 'MB', 1, undefined, MEMORY_GOAL_MB),
  ];
}
