// What the kernel says under /proc, parsed where it enters. All reads are synchronous: they are a few
// microseconds each, and scanning happens on a thread of its own (discovery/worker.ts).
import { existsSync, readlinkSync } from 'node:fs';
import type { IdMapping, Mount } from '../protocol/inspection.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { processText } from './process-files.ts';

export interface Stat {
  readonly name: string;
  /** One letter: `Z` and `X` are dead, and have no namespaces any more. */
  readonly state: string;
  readonly parent: number;
  /** Clock ticks since boot. */
  readonly start: number;
}

/** /proc/PID/stat, proc_pid_stat(5). The name may hold anything, a closing bracket and a newline too. */
export function parseStat(text: string): Stat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  return { name: text.slice(open + 1, close), state: fields[0] ?? '?', parent: Number(fields[1]), start: Number(fields[19]) };
}

export const readStat = (pid: number): Stat => parseStat(processText(pid, 'stat', 'latin1'));

/** One field of /proc/PID/status, proc_pid_status(5). */
export function statusField(text: string, field: string): string | undefined {
  const at = text.indexOf(`\n${field}:`);
  return at < 0 ? undefined : text.slice(at + field.length + 2, text.indexOf('\n', at + 1)).trim();
}

/** `net:[4026531833]` → 4026531833. */
export function parseNamespaceLink(link: string): number {
  const inode = /^[a-z_]+:\[(\d+)\]$/.exec(link)?.[1];
  if (inode === undefined) throw new Error(`not a namespace: ${link}`);
  return Number(inode);
}

/** The types that this kernel has: time came with 5.6, and any can be left out when it is built. */
export const supportedTypes: readonly NamespaceType[] = namespaceTypes.filter(type => existsSync(`/proc/self/ns/${type}`));

export const readNamespace = (pid: number | 'self', type: NamespaceType): number =>
  parseNamespaceLink(readlinkSync(`/proc/${pid}/ns/${type}`));

const linesOf = (text: string): string[] => text.split('\n').filter(line => line.trim() !== '');

/** /proc/PID/uid_map and gid_map, user_namespaces(7). */
export const parseIdMap = (text: string): IdMapping[] =>
  linesOf(text).map(line => {
    const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    return { inside, outside, count };
  });

export interface MountLine extends Mount {
  /** The path within the file system that is mounted: `net:[4026532345]` for a pinned namespace. */
  readonly root: string;
  /** The number of the file system that is mounted, `0:29`: the same for all its mounts. */
  readonly device: string;
}

/** /proc/PID/mountinfo, proc_pid_mountinfo(5). */
export const parseMountInfo = (text: string): MountLine[] =>
  linesOf(text).map(line => {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [device = '', root = '', path = '', options = ''] = fields.slice(2, 6);
    const [fileSystem = '', source = '', superOptions = ''] = fields.slice(dash + 1);
    return {
      device,
      root: unescapeOctal(root),
      path: unescapeOctal(path),
      options: mergeOptions(options, superOptions),
      fileSystem,
      source: unescapeOctal(source),
    };
  });

/** The kernel writes space, tab, newline and backslash as octal. */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const mergeOptions = (mount: string, superBlock: string): string =>
  [...new Set([...mount.split(','), ...superBlock.split(',')])]
    .filter(option => !(option === 'rw' && mount.split(',').includes('ro')))
    .join(',');

export interface CgroupLine {
  /** The controllers of a v1 hierarchy, `name=…` for one without; empty for cgroup v2. */
  readonly controllers: string;
  readonly path: string;
}

/** /proc/PID/cgroup, cgroups(7). */
export const parseCgroup = (text: string): CgroupLine[] =>
  linesOf(text).map(line => {
    const [, controllers = '', ...path] = line.split(':');
    return { controllers, path: path.join(':') };
  });
