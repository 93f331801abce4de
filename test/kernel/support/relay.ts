import { readFileSync } from 'node:fs';
import { processes } from '../../support/processes.ts';
import { numberOf } from './staged.ts';

/** The process that carries the bytes of a helper's terminals, once there is one. */
export const relayOf = (helper: number): number | undefined =>
  processes().find(({ parent, command }) => parent === helper && command === 'burrow-relay')?.pid;

/** proc_pid_smaps(5): what no other process shares. */
export function privateKb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return [...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0);
}

/** Does it wait in this system call? Its number comes first, and of a process that runs there is none: proc_pid_syscall(5). */
export const sleepsIn = (pid: number, call: string): boolean =>
  Number.parseInt(readFileSync(`/proc/${pid}/syscall`, 'latin1'), 10) === numberOf(call);
