import { readFileSync } from 'node:fs';
import { processes } from '../../support/processes.ts';

/** What the helper and the relay have for themselves, proc_pid_smaps(5). */
export function privateMb(helper: number): number {
  const relay = processes().filter(({ parent, command }) => parent === helper && command === 'burrow-relay');
  return [helper, ...relay.map(({ pid }) => pid)].reduce((sum, pid) => sum + ownMb(pid), 0);
}

function ownMb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return [...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes) / 1000, 0);
}
