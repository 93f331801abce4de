// Namespaces as util-linux and /proc show them.
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { NamespaceType } from '../../../helper/protocol/model.ts';
import { isAlive } from '../../support/processes.ts';
import { types } from './belongings.ts';

/** `pid` may be a thread's. */
export const inodeOf = (pid: number | 'self', type: NamespaceType | 'pid_for_children' | 'time_for_children'): number =>
  Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${type}`))?.[0]);

export const inodesOf = (pid: number | 'self'): Record<NamespaceType, number> =>
  Object.fromEntries(types.map(type => [type, inodeOf(pid, type)])) as Record<NamespaceType, number>;

/** The inode of the user namespace that the one of a process is nested in, by ioctl_nsfs(2). */
export function parentOfUser(pid: number): number {
  const NS_GET_PARENT = 0xb702;
  const script = `open my $own, "<", "/proc/${pid}/ns/user"; my $fd = ioctl($own, ${NS_GET_PARENT}, 0) or die $!; open my $parent, "<&=", $fd; print((stat $parent)[1])`;
  return Number(execFileSync('perl', ['-e', script], { encoding: 'utf8' }));
}

/** Where the programs of any root directory are, whatever of it the service has in its own PATH that this runs in. */
const everywhere = { ...process.env, PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** Runs a program in all namespaces and the root directory of a process, by nsenter(1), and gives its output. */
export const inside = (pid: number, ...command: readonly string[]): string =>
  execFileSync('nsenter', ['--target', String(pid), '--all', '--root', '--wd=/', '--', ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: everywhere,
  });

/** One line of lsns(8). */
export interface Listed {
  readonly ns: number;
  readonly type: NamespaceType;
  readonly nprocs: number;
  readonly pid: number;
  readonly parent: number;
  readonly owner: number;
}

const run = (command: string, ...words: string[]): string => execFileSync(command, words, { encoding: 'utf8', maxBuffer: 64 << 20 });

/**
 * All that lsns(8) sees from where `runs` starts it, but what belongs to processes that have ended and that nobody took
 * note of. Its numbers are strings or numbers by version.
 */
export function lsns(runs: (command: string, ...words: string[]) => string = run): Listed[] {
  const text = runs('lsns', '--json', '--list', '--output', 'NS,TYPE,NPROCS,PID,PNS,ONS');
  const { namespaces } = JSON.parse(text) as { namespaces: Record<string, string | number>[] };
  const lines = namespaces.map(line => ({
    ns: Number(line['ns']),
    type: line['type'] as NamespaceType,
    nprocs: Number(line['nprocs']),
    pid: Number(line['pid']),
    parent: Number(line['pns']),
    owner: Number(line['ons']),
  }));
  return lines.filter(({ pid }) => isAlive(pid));
}
