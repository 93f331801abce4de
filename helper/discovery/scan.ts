// One look at the whole machine: every process, the namespaces it is in, and what else keeps them.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import {
  type Gap,
  type Namespace,
  type NamespaceInodes,
  type NamespaceType,
  namespaceTypes,
  noHolders,
  type Process,
  type Snapshot,
} from '../protocol/model.ts';
import { hasVanished, SysError } from '../sys/errors.ts';
import { inodeOf, ownerOf, ownerUidOf, parentOf, withNamespace } from '../sys/namespaces.ts';
import { parseMountInfo, parseNamespaceLink, parseStat, statusField, supportedTypes } from '../sys/procfs.ts';
import type { Containers } from './containers.ts';

/** Fixed by linux/proc_ns.h (mnt and net: since 6.18); older kernels' mnt and net are those of kthreadd. */
const initialInode: Readonly<Record<NamespaceType, number>> = {
  ipc: 0xefff_ffff,
  uts: 0xefff_fffe,
  user: 0xefff_fffd,
  pid: 0xefff_fffc,
  cgroup: 0xefff_fffb,
  time: 0xefff_fffa,
  net: 0xefff_fff9,
  mnt: 0xefff_fff8,
};
const KTHREADD = 2;
const COMMAND_BYTES = 4096;

/** A namespace while it is put together: `path` is one way to open it. */
interface Found {
  readonly type: NamespaceType;
  readonly inode: number;
  readonly path: string;
  processes: number;
  oldest: Process | undefined;
  readonly mounts: string[];
}

export function scan(containers: Containers): Snapshot {
  const gaps = new Gaps();
  const processes = readProcesses(gaps);
  const found = new Map<string, Found>();
  for (const process of processes) addProcess(found, process);
  addMounts(found, gaps);
  const namespaces = relate([...found.values()], initialOnes(processes), gaps);
  return { namespaces, processes, containers: containers.find(processes, gaps), gaps: gaps.list() };
}

/** The same reason for many objects is one gap with a count. */
export class Gaps {
  readonly #counts = new Map<string, { reason: string; count: number; first: string }>();

  add(kind: string, subject: string, error: unknown): void {
    const reason = error instanceof SysError ? error.errno : error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const known = this.#counts.get(`${kind} ${reason}`);
    if (known) known.count++;
    else this.#counts.set(`${kind} ${reason}`, { reason: `${kind}: ${reason}`, count: 1, first: subject });
  }

  list(): Gap[] {
    return [...this.#counts.values()].map(({ reason, count, first }) => ({
      subject: count === 1 ? first : `${first} and ${count - 1} more`,
      reason,
    }));
  }
}

function readProcesses(gaps: Gaps): Process[] {
  const processes: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const process = readProcess(Number(entry), gaps);
      if (process) processes.push(process);
    } catch (error) {
      if (!hasVanished(error)) gaps.add('processes', `pid ${entry}`, error);
    }
  }
  return processes;
}

function readProcess(pid: number, gaps: Gaps): Process | undefined {
  const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat.state === 'Z' || stat.state === 'X') return undefined;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    pid,
    parent: stat.parent,
    start: stat.start,
    name: Buffer.from(stat.name, 'latin1').toString(),
    command: readCommand(pid),
    uid: Number(statusField(status, 'Uid')?.split('\t')[0] ?? -1),
    namespaces: readNamespaces(pid, gaps),
    pids: (statusField(status, 'NSpid') ?? String(pid)).split(/\s+/).map(Number),
  };
}

const commandBuffer = Buffer.alloc(COMMAND_BYTES);

function readCommand(pid: number): string {
  const fd = openSync(`/proc/${pid}/cmdline`, 'r');
  try {
    const bytes = readSync(fd, commandBuffer, 0, COMMAND_BYTES, 0);
    return commandBuffer.toString('utf8', 0, bytes).replaceAll('\0', ' ').trimEnd();
  } finally {
    closeSync(fd);
  }
}

function readNamespaces(pid: number, gaps: Gaps): NamespaceInodes {
  const inodes: NamespaceInodes = {};
  for (const type of supportedTypes) {
    try {
      inodes[type] = parseNamespaceLink(readlinkSync(`/proc/${pid}/ns/${type}`));
    } catch (error) {
      if (!hasVanished(error)) gaps.add('namespaces of processes', `pid ${pid}`, error);
    }
  }
  return inodes;
}

function addProcess(found: Map<string, Found>, process: Process): void {
  for (const type of namespaceTypes) {
    const inode = process.namespaces[type];
    if (inode === undefined) continue;
    const key = `${type}:${inode}`;
    let each = found.get(key);
    if (!each) {
      each = { type, inode, path: `/proc/${process.pid}/ns/${type}`, processes: 0, oldest: undefined, mounts: [] };
      found.set(key, each);
    }
    each.processes++;
    if (!each.oldest || process.start < each.oldest.start) each.oldest = process;
  }
}

/** Namespaces that are bind-mounted where this process sees it: `ip netns`, container engines, `unshare --net=FILE`. */
function addMounts(found: Map<string, Found>, gaps: Gaps): void {
  for (const { fileSystem, root, path } of parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))) {
    if (fileSystem !== 'nsfs') continue;
    try {
      const type = namespaceTypes.find(each => root.startsWith(`${each}:`));
      const inode = parseNamespaceLink(root);
      // What is mounted over it would be read instead.
      if (!type || statSync(path).ino !== inode) continue;
      const each = found.get(root.replace(/[[\]]/g, '')) ?? { type, inode, path, processes: 0, oldest: undefined, mounts: [] };
      if (!each.mounts.includes(path)) each.mounts.push(path);
      found.set(`${type}:${inode}`, each);
    } catch (error) {
      if (!hasVanished(error)) gaps.add('mounted namespaces', path, error);
    }
  }
}

/** The inodes of the namespaces that the machine booted with. */
function initialOnes(processes: readonly Process[]): Readonly<Record<NamespaceType, number>> {
  const kthreadd = processes.find(process => process.pid === KTHREADD && process.name === 'kthreadd');
  return { ...initialInode, ...kthreadd?.namespaces };
}

function relate(found: readonly Found[], initial: Readonly<Record<NamespaceType, number>>, gaps: Gaps): Namespace[] {
  const namespaces = found.map(each => describe(each, each.inode === initial[each.type], gaps));
  const byInode = new Map(namespaces.map(each => [`${each.type}:${each.inode}`, each]));
  for (const { type, inode, owner, parent } of namespaces) {
    if (owner !== undefined && type !== 'user') byInode.get(`user:${owner}`)?.holders.children.push({ type, inode });
    if (parent !== undefined) byInode.get(`${type}:${parent}`)?.holders.children.push({ type, inode });
  }
  return namespaces;
}

function describe({ type, inode, path, processes, oldest, mounts }: Found, initial: boolean, gaps: Gaps): Namespace {
  const name = mounts.find(mount => mount.startsWith('/run/netns/'))?.slice('/run/netns/'.length);
  return {
    type,
    inode,
    ...(name !== undefined && { name }),
    ...relations(type, inode, path, gaps),
    initial,
    holders: { ...noHolders, processes, ...(oldest && { oldest: oldest.pid }), mounts: mounts.map(path => ({ path })), children: [] },
  };
}

function relations(type: NamespaceType, inode: number, path: string, gaps: Gaps): Pick<Namespace, 'owner' | 'parent' | 'ownerUid'> {
  try {
    return withNamespace(path, fd => {
      // The process may have moved on, or its pid may be another's by now.
      if (inodeOf(fd) !== inode) return {};
      const owner = ownerOf(fd);
      const parent = type === 'user' || type === 'pid' ? parentOf(fd) : undefined;
      return {
        ...(owner !== undefined && { owner }),
        ...(parent !== undefined && { parent }),
        ...(type === 'user' && { ownerUid: ownerUidOf(fd) }),
      };
    });
  } catch (error) {
    if (!hasVanished(error)) gaps.add('owners of namespaces', `${type}:[${inode}]`, error);
    return {};
  }
}
