import { readFileSync } from 'node:fs';
import { statusField } from '../../../helper/sys/procfs.ts';

/** USER_HZ is 100 on every architecture that Burrow runs on. */
const TICK_MS = 10;

/** Processor time of a process with all of its threads, to ten milliseconds. */
export function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [utime = Number.NaN, stime = Number.NaN] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (utime + stime) * TICK_MS;
}

/** How much of one processor it takes while `work` is done, in percent. */
export async function processorPercent<T>(pid: number, work: () => Promise<T>): Promise<{ percent: number; result: T }> {
  const [spentMs, beganMs] = [processorMs(pid), performance.now()];
  const result = await work();
  return { percent: ((processorMs(pid) - spentMs) / (performance.now() - beganMs)) * 100, result };
}

/** What it has in memory now, and the most it ever had. */
export function memoryMb(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) => (Number.parseInt(statusField(status, field) ?? '', 10) * 1024) / 1e6;
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
}
