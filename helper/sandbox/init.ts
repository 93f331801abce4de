// A sandbox's init: the process whose end is the sandbox's end.
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../cgroup/waiting.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { SIGKILL } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { readStat } from '../sys/procfs.ts';

const END_MS = 10_000;

/** Is this still the same process, and not a zombie? */
export function isAlive(pid: number, start: number): boolean {
  try {
    const stat = readStat(pid);
    return stat.start === start && stat.state !== 'Z' && stat.state !== 'X';
  } catch {
    return false;
  }
}

/** @returns false when it has ended */
export function signal(name: string, pid: number, start: number, number: number): boolean {
  const pidfd = open(pid);
  if (pidfd === undefined) return false;
  try {
    if (!isAlive(pid, start)) return false;
    sys('pidfd_send_signal', `init of ${name}`, pidfd, number);
    return true;
  } finally {
    closeSync(pidfd);
  }
}

/** @returns false when the time is over first */
async function within(timeMs: number, end: Promise<void>): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([end.then(() => true), delay(timeMs, false, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

/**
 * Kills init, at which the kernel kills all in its pid namespace and lets init go last. One that has ended is no error.
 * @param end of a process that is the helper's own; of others nobody is told, and it is looked for
 * @throws Refusal `system` when something in it does not die, as a process that waits for a broken disk
 */
export async function endInit(name: string, pid: number, start: number, end: Promise<void> | undefined): Promise<void> {
  const pidfd = open(pid);
  if (pidfd === undefined) return;
  try {
    if (!isAlive(pid, start)) return;
    sys('pidfd_send_signal', `init of ${name}`, pidfd, SIGKILL);
    if (await (end ? within(END_MS, end) : until(END_MS, () => !isAlive(pid, start)))) return;
    throw new Refusal('system', `Could not remove ${name}: a process in it has not ended within ${END_MS / 1000} s of SIGKILL.`, {
      subject: name,
    });
  } finally {
    closeSync(pidfd);
  }
}

function open(pid: number): number | undefined {
  try {
    return sys('pidfd_open', `pid ${pid}`, pid, 0);
  } catch (error) {
    if (error instanceof SysError && error.errno === 'ESRCH') return undefined;
    throw error;
  }
}
