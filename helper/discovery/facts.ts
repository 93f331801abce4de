// What is known of a process besides its namespaces. Read when it starts and when an event says that it
// may have changed: three files cost more than its ten links.
import type { Process } from '../protocol/model.ts';
import { processText } from '../sys/process-files.ts';
import { readStat, statusField } from '../sys/procfs.ts';
import { unlessHeldUp } from './hold-ups.ts';

export type Facts = Pick<Process, 'parent' | 'start' | 'name' | 'command' | 'uid' | 'pids'>;

const COMMAND_BYTES = 4096;

/** @throws Error of node:fs ENOENT or ESRCH when the process has ended */
export function readFacts(pid: number): Facts {
  const stat = readStat(pid);
  const status = processText(pid, 'status');
  const name = Buffer.from(stat.name, 'latin1').toString();
  const command = (): string => processText(pid, 'cmdline', 'utf8', COMMAND_BYTES).replaceAll('\0', ' ').trimEnd();
  return {
    parent: stat.parent,
    start: stat.start,
    name,
    command: unlessHeldUp({ pid, start: stat.start }, name, command),
    uid: Number(statusField(status, 'Uid')?.split('\t')[0] ?? -1),
    pids: (statusField(status, 'NSpid') ?? String(pid)).split(/\s+/).map(Number),
  };
}
