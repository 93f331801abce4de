// What the kernel tells of a process from outside, and what follows from it for a command that takes its place.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { NamespaceType } from '../../../../helper/protocol/model.ts';
import { inodesOf } from '../../support/namespaces.ts';
import { numberOf } from '../../support/staged.ts';

const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'] as const;
export type Capabilities = Readonly<Record<(typeof sets)[number], string>>;

export interface Facts {
  readonly namespaces: Readonly<Record<NamespaceType, number>>;
  /** Device and inode: a path alone may mean another file elsewhere. */
  readonly root: string;
  readonly directory: string;
  /** Real, effective, saved and of the file system, as this process counts them. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly cgroups: readonly string[];
  readonly capabilities: Capabilities;
  readonly noNewPrivileges: string;
  readonly seccomp: string;
}

export const identityOf = (path: string): string => {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
};

/** A field of /proc/PID/status. */
export const statusOf = (pid: number, field: string): string =>
  new RegExp(`^${field}:[\\t ]*(.*?)[\\t ]*$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '';

const numbersOf = (pid: number, field: string): number[] => statusOf(pid, field).split(/\s+/).filter(Boolean).map(Number);
const ascending = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);
const lines = (text: string): string[] => text.split('\n').filter(Boolean);

export function factsOf(pid: number): Facts {
  return {
    namespaces: inodesOf(pid),
    root: identityOf(`/proc/${pid}/root/`),
    directory: identityOf(`/proc/${pid}/cwd/`),
    uids: numbersOf(pid, 'Uid'),
    gids: numbersOf(pid, 'Gid'),
    groups: ascending(numbersOf(pid, 'Groups')),
    cgroups: lines(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).sort(),
    capabilities: Object.fromEntries(sets.map(set => [set, statusOf(pid, set)])) as Capabilities,
    noNewPrivileges: statusOf(pid, 'NoNewPrivs'),
    seccomp: statusOf(pid, 'Seccomp'),
  };
}

/** Those that it was started with: what a program changes of them itself is its own. */
export function environmentOf(pid: number): Map<string, string> {
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return new Map(variables.map(each => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]));
}

export const descriptorsOf = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`).sort();

/** A field of /proc/PID/stat by its number in proc_pid_stat(5), which begins with 1. */
export const statField = (pid: number, number: number): number =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')[number - 3],
  );

/** The process that leads its session. */
export const sessionOf = (pid: number): number => statField(pid, 6);
export const parentOf = (pid: number): number => statField(pid, 4);

/** In clock ticks since the machine started: with the pid it names one process for good. */
export const startOf = (pid: number): number => statField(pid, 22);

/** It waits in sleep(1): before that the linker has files open, and the program may still be another. */
export function isAsleep(pid: number): boolean {
  const [call] = readFileSync(`/proc/${pid}/syscall`, 'latin1').split(' ');
  return ['nanosleep', 'clock_nanosleep'].some(name => `${numberOf(name)}` === call);
}

/** Where it is, as a path below its own root directory. */
export function pathOf(pid: number): string {
  const [root, directory] = [readlinkSync(`/proc/${pid}/root`), readlinkSync(`/proc/${pid}/cwd`)];
  return root === '/' ? directory : directory.slice(root.length) || '/';
}

interface Range {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** The ids of a process's user namespace, and what they are here. user_namespaces(7) */
function mapOf(pid: number, kind: 'uid' | 'gid'): Range[] {
  return lines(readFileSync(`/proc/${pid}/${kind}_map`, 'utf8')).map(line => {
    const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    return { inside, outside, count };
  });
}

/** An id of this process's as it is called where `pid` is; `kind` is `uid` or `gid`. */
export function insideOf(pid: number, kind: 'uid' | 'gid', id: number): number {
  const OVERFLOW = 65_534;
  const found = mapOf(pid, kind).find(({ outside, count }) => id >= outside && id < outside + count);
  return found ? id - found.outside + found.inside : OVERFLOW;
}

/** An id of where `pid` is as it is called here. */
export function outsideOf(pid: number, kind: 'uid' | 'gid', id: number): number | undefined {
  const found = mapOf(pid, kind).find(({ inside, count }) => id >= inside && id < inside + count);
  return found && id - found.inside + found.outside;
}

/** The id that is 0 where `pid` is, or the first that is mapped there; undefined where none is. */
export const chiefOf = (pid: number, kind: 'uid' | 'gid'): number | undefined => outsideOf(pid, kind, 0) ?? mapOf(pid, kind)[0]?.outside;

/** What execve(2) of a plain program makes of them, for a process whose ids are all its effective one. capabilities(7) */
function afterExecve({ CapInh, CapBnd, CapAmb }: Capabilities, isRoot: boolean): Capabilities {
  const kept = isRoot ? hex(BigInt(`0x${CapInh}`) | BigInt(`0x${CapBnd}`)) : CapAmb;
  return { CapInh, CapPrm: kept, CapEff: kept, CapBnd, CapAmb };
}

const hex = (bits: bigint): string => bits.toString(16).padStart(16, '0');

/** What a command beside `pid` is to be. */
export function expectedBeside(pid: number): Facts {
  const own = factsOf(pid);
  const [, uid = 0] = own.uids;
  const [, gid = 0] = own.gids;
  const isRoot = insideOf(pid, 'uid', uid) === 0;
  return { ...own, uids: Array(4).fill(uid), gids: Array(4).fill(gid), capabilities: afterExecve(own.capabilities, isRoot) };
}

/** What is about the process itself, or what systemd hands to one service and no other. */
const left =
  /^(?:TERM|SHLVL|PWD|OLDPWD|_|COLUMNS|LINES|NOTIFY_SOCKET|LISTEN_\w+|WATCHDOG_\w+|JOURNAL_STREAM|INVOCATION_ID|MAINPID|MANAGERPID|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_\w+|CREDENTIALS_DIRECTORY)$/;

/** What of a process's environment is for a command beside it. */
export const inherited = (environment: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...environment].filter(([name]) => !left.test(name)));
