// What the figures depend on: the machine, and whether it was doing something else.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly lsns: string;
  /** Of the last minute before the first contest. */
  readonly load: number;
}

export const machine = (): Machine => ({
  kernel: release(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 1e9),
  node: process.version,
  lsns: execFileSync('lsns', ['--version'], { encoding: 'utf8' }).trim(),
  load: loadavg()[0] ?? Number.NaN,
});

const QUIET_PART = 0.1;
const LOOK_MS = 500;
const LOOKS = 40;

/**
 * Waits until the machine has little to do, which it has after many namespaces have gone: the kernel takes network
 * namespaces down later and one by one. On a machine that never rests it goes on all the same.
 */
export async function quiet(): Promise<void> {
  let busy = 1;
  for (let look = 0; look < LOOKS && busy > QUIET_PART; look++) {
    const before = spent();
    await pause(LOOK_MS);
    const now = spent();
    busy = 1 - (now.idleMs - before.idleMs) / (now.allMs - before.allMs);
  }
}

function spent(): { idleMs: number; allMs: number } {
  const times = cpus().map(each => each.times);
  const idleMs = times.reduce((sum, each) => sum + each.idle, 0);
  return { idleMs, allMs: times.reduce((sum, each) => sum + each.user + each.nice + each.sys + each.irq, idleMs) };
}
