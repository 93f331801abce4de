// The limits that hold for a process because of its control groups, on v2, v1 and hybrid hosts: cgroups(7).
import { readFileSync } from 'node:fs';
import type { CgroupLimits } from '../protocol/definition/limits.ts';
import { processText } from '../sys/process-files.ts';
import { type CgroupLine, type MountLine, parseCgroup, parseMountInfo } from '../sys/procfs.ts';

/** A control group and those above it, up to what the helper is in too, the innermost first. */
export interface Branch {
  readonly version: 1 | 2;
  /** v1: those of the hierarchy; v2 shows them by its files. */
  readonly controllers: readonly string[];
  readonly directories: readonly string[];
}

export type ReadFile = (path: string) => string | undefined;

/**
 * @param theirs /proc/PID/cgroup
 * @param ours the helper's own: what holds for both is no limit of the process
 * @param mounts those of the helper
 */
export function branchesOf(theirs: readonly CgroupLine[], ours: readonly CgroupLine[], mounts: readonly MountLine[]): Branch[] {
  return theirs.flatMap(({ controllers, path }): Branch[] => {
    const version = controllers === '' ? 2 : 1;
    const names = controllers.split(',').filter(Boolean);
    const mount = mounts.find(
      each => each.fileSystem === (version === 2 ? 'cgroup2' : 'cgroup') && names.every(name => each.options.split(',').includes(name)),
    );
    const own = ours.find(each => each.controllers === controllers)?.path ?? '/';
    const below = mount && relative(path, mount.root);
    // `/../…`: outside of the cgroup namespace that the helper is in.
    if (!mount || below === undefined || path.startsWith('/..')) return [];
    const groups = ancestors(path).filter(each => each !== '/' && `${own}/`.replace('//', '/').startsWith(`${each}/`) === false);
    const directories = groups.flatMap(each => {
      const inside = relative(each, mount.root);
      return inside === undefined ? [] : [`${mount.path}${inside}`];
    });
    return directories.length > 0 ? [{ version, controllers: names, directories }] : [];
  });
}

/** With a slash at its front, or empty; undefined for what is not below. */
function relative(path: string, root: string): string | undefined {
  if (root === '/') return path === '/' ? '' : path;
  return path === root ? '' : path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

const ancestors = (path: string): string[] => {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`);
};

/** Above this v1 means none: its largest number is 2^63 less a page. */
const NO_LIMIT = 2 ** 62;

const numberOf = (text: string | undefined): number | undefined => {
  const number = text === undefined || !/^\d+/.test(text) ? Number.NaN : Number.parseInt(text, 10);
  return Number.isNaN(number) || number >= NO_LIMIT ? undefined : number;
};

const quotient = (quota: number | undefined, period: number | undefined): number | undefined =>
  quota === undefined || !period ? undefined : Math.round((quota / period) * 1000) / 1000;

interface Reader {
  readonly controller: string;
  readonly read: Readonly<Record<1 | 2, (file: (name: string) => string | undefined) => number | undefined>>;
}

const USUAL_WEIGHT = 100;
const unusual = (weight: number | undefined): number | undefined => (weight === USUAL_WEIGHT ? undefined : weight);

/** The kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/. */
const readers: Readonly<Record<keyof CgroupLimits, Reader>> = {
  memory: {
    controller: 'memory',
    read: { 1: file => numberOf(file('memory.limit_in_bytes')), 2: file => numberOf(file('memory.max')) },
  },
  swap: {
    controller: 'memory',
    read: {
      1: file => {
        const [both, memory] = [numberOf(file('memory.memsw.limit_in_bytes')), numberOf(file('memory.limit_in_bytes'))];
        return both === undefined || memory === undefined ? undefined : Math.max(0, both - memory);
      },
      2: file => numberOf(file('memory.swap.max')),
    },
  },
  cpu: {
    controller: 'cpu',
    read: {
      1: file => quotient(numberOf(file('cpu.cfs_quota_us')), numberOf(file('cpu.cfs_period_us'))),
      2: file => {
        const [quota, period] = file('cpu.max')?.split(' ') ?? [];
        return quotient(numberOf(quota), numberOf(period));
      },
    },
  },
  processes: { controller: 'pids', read: { 1: file => numberOf(file('pids.max')), 2: file => numberOf(file('pids.max')) } },
  ioWeight: {
    controller: 'blkio',
    read: {
      1: file => unusual(numberOf(file('blkio.bfq.weight'))),
      2: file => unusual(numberOf((file('io.weight') ?? file('io.bfq.weight'))?.replace(/^default /, ''))),
    },
  },
};

/** The tightest of each kind on the way up. A weight counts only beside its neighbours, so it is the innermost one's. */
export function limitsIn(branches: readonly Branch[], read: ReadFile): CgroupLimits {
  const found = Object.entries(readers).flatMap(([key, { controller, read: how }]) => {
    const values = branches
      .filter(branch => branch.version === 2 || branch.controllers.includes(controller))
      .flatMap(({ version, directories }) =>
        (key === 'ioWeight' ? directories.slice(0, 1) : directories).flatMap(
          directory => how[version](name => read(`${directory}/${name}`)?.trim()) ?? [],
        ),
      );
    return values.length > 0 ? [[key, Math.min(...values)] as const] : [];
  });
  return Object.fromEntries(found);
}

/** @throws ENOENT or ESRCH when the process has ended */
export function limitsOf(pid: number): CgroupLimits {
  const [theirs, ours] = ([pid, 'self'] as const).map(each => parseCgroup(processText(each, 'cgroup')));
  const mounts = parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).filter(({ fileSystem }) => fileSystem.startsWith('cgroup'));
  return limitsIn(branchesOf(theirs ?? [], ours ?? [], mounts), path => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined; // the controller is off there, or the group has just gone
    }
  });
}
