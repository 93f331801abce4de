// The process whose place a command takes: what it is besides its namespaces. All of it is the process's own
// word, and hostile.
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { processBytes, processText } from '../sys/process-files.ts';
import { type CgroupLine, parseCgroup, statusField } from '../sys/procfs.ts';
import { workingDirectory } from '../sys/working-directory.ts';
import { environmentOf } from './environment.ts';
import { type LsmLabel, labelOf } from './lsm-label.ts';

export interface Resident {
  /** The number of its thread, and when that began: together they are never another's, proc_pid_stat(5). */
  readonly thread: number;
  readonly start: number;
  readonly name: string;
  /** /proc/PID/status, for those who look for more in it. */
  readonly status: string;
  /** Its effective ids and its supplementary groups, as the helper counts. */
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly umask: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined when its root directory has none like it. */
  readonly directory: string | undefined;
  readonly cgroups: readonly CgroupLine[];
  readonly label: LsmLabel | undefined;
  /** Its program is for the processor's 32-bit mode, whose system calls a filter for 64 bits kills. Looked at only where a filter holds it. */
  readonly is32Bit: boolean;
}

/**
 * The caller makes sure, after it, that the process is still the one meant.
 * @param proc `/proc/812/task/815`
 * @param start when that thread began
 * @param root its root directory; where that is not entered there is no directory either
 */
export function readResident(proc: string, start: number, root: number | undefined): Resident {
  const status = processText(proc, 'status', 'latin1');
  const effective = (field: string): number => Number(statusField(status, field)?.split(/\s+/)[1]);
  const umask = statusField(status, 'Umask');
  return {
    thread: Number(basename(proc)),
    start,
    name: statusField(`\n${status}`, 'Name') ?? 'the process inside',
    status,
    uid: effective('Uid'),
    gid: effective('Gid'),
    groups: statusField(status, 'Groups')?.split(' ').filter(Boolean).map(Number) ?? [],
    umask: umask === undefined ? undefined : Number.parseInt(umask, 8),
    environment: environmentOf(readIfPermitted(proc)),
    directory: root === undefined ? undefined : workingDirectory(proc, root).path,
    cgroups: parseCgroup(processText(proc, 'cgroup')),
    label: labelOf(proc),
    is32Bit: statusField(status, 'Seccomp') !== '0' && is32Bit(`${proc}/exe`),
  };
}

/** An ordinary user's helper may enter a process that has changed its user, and may not read this of it. */
function readIfPermitted(proc: string): Buffer {
  try {
    return processBytes(proc, 'environ');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return Buffer.alloc(0);
    throw error;
  }
}

/** elf.h: the class is the fifth byte. */
const ELFCLASS32 = 1;

function is32Bit(exe: string): boolean {
  const head = Buffer.alloc(5);
  try {
    const fd = openSync(exe, 'r');
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // a kernel thread has none, and one that was deleted can still be read
  }
  return head[4] === ELFCLASS32;
}
