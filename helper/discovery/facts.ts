// What is known of a process besides its namespaces. Read when it starts and when an event says that it
// may have changed: three files cost more than its ten links.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Process } from '../protocol/model.ts';
import { parseStat, statusField } from '../sys/procfs.ts';

export type Facts = Pick<Process, 'parent' | 'start' | 'name' | 'command' | 'uid' | 'pids'>;

const COMMAND_BYTES = 4096;
const commandBuffer = Buffer.alloc(COMMAND_BYTES);

/** @throws Error of node:fs ENOENT or ESRCH when the process has ended */
export function readFacts(pid: number): Facts {
  const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    parent: stat.parent,
    start: stat.start,
    name: Buffer.from(stat.name, 'latin1').toString(),
    command: readCommand(pid),
    uid: Number(statusField(status, 'Uid')?.split('\t')[0] ?? -1),
    pids: (statusField(status, 'NSpid') ?? String(pid)).split(/\s+/).map(Number),
  };
}

function readCommand(pid: number): string {
  const fd = openSync(`/proc/${pid}/cmdline`, 'r');
  try {
    const bytes = readSync(fd, commandBuffer, 0, COMMAND_BYTES, 0);
    return commandBuffer.toString('utf8', 0, bytes).replaceAll('\0', ' ').trimEnd();
  } finally {
    closeSync(fd);
  }
}
