// Limits as what is written into which file of a cgroup. Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel.
import { type Hierarchy, hasFile } from './hierarchies.ts';

/** `max` lifts a limit. */
export interface Limits {
  /**
   * Memory of all processes together, page cache and tmpfs included. Without `swapBytes` none of it may be swapped:
   * one who says 256 MB means that more is refused, not that the rest of it slows the host's disk.
   */
  readonly memoryBytes?: number | 'max';
  readonly swapBytes?: number | 'max';
  /** Processor time in each stretch of time, in processors: 0.5 is half of one, 2 are two. At least 0.001. */
  readonly cpus?: number | 'max';
  /** Processes and threads. */
  readonly processes?: number | 'max';
  /** The share of a busy disk in proportion to the other sandboxes: 1 to 10000, where 100 is what each has. */
  readonly ioWeight?: number;
}

export type LimitKey = keyof Limits;

export interface LimitWrite {
  readonly key: LimitKey;
  readonly hierarchy: Hierarchy;
  readonly file: string;
  readonly value: string;
  /** A host without this file still does what was asked for. */
  readonly optional?: true;
}

export interface MissingLimit {
  readonly key: LimitKey;
  readonly controller: string;
  /** The end of a sentence: `cgroup v1 counts swap only together with memory`. */
  readonly reason: string;
}

interface Setting {
  readonly file: string;
  readonly value: string;
}

interface Form {
  readonly controller: string;
  /** A file that a cgroup with this controller has on every kernel. */
  readonly mark: string;
  /** Which of the settings to make: all of them, or the first whose file the host has. */
  readonly make: 'all' | 'first';
  /** A text is the reason why this version cannot express the limit. */
  readonly settings: (limits: Limits) => readonly Setting[] | string;
}

const set = (file: string, value: string | number): Setting => ({ file, value: String(value) });
const clamp = (value: number, least: number, most: number): number => Math.round(Math.min(most, Math.max(least, value)));

/** What files of v1 have for no limit. */
const orMinusOne = (value: number | 'max'): number => (value === 'max' ? -1 : value);

const USUAL_PERIOD_US = 100_000;
const LONG_PERIOD_US = 1_000_000;
/** The kernel refuses a shorter share of a period. */
const LEAST_QUOTA_US = 1000;

function cpuTime(cpus: number | 'max'): { quota: number | 'max'; period: number } {
  if (cpus === 'max') return { quota: 'max', period: USUAL_PERIOD_US };
  const period = cpus * USUAL_PERIOD_US >= LEAST_QUOTA_US ? USUAL_PERIOD_US : LONG_PERIOD_US;
  return { quota: Math.round(cpus * period), period };
}

const MEMORY_AND_SWAP = 'memory.memsw.limit_in_bytes';

function memoryAndSwap({ memoryBytes, swapBytes = 'max' }: Limits): Setting[] | string {
  if (memoryBytes === undefined) return 'cgroup v1 counts swap only together with memory: limit that as well';
  return [set(MEMORY_AND_SWAP, memoryBytes === 'max' || swapBytes === 'max' ? -1 : memoryBytes + swapBytes)];
}

/** Up to its end at 1000 BFQ counts as v2 does. */
const forBfq = (ioWeight: number): number => clamp(ioWeight, 1, 1000);

/**
 * In the order of writing into a cgroup without limits: v1 never lets memory be more than memory and swap together.
 * `undefined` is no limit that was asked for; {@link planLimits} leaves those out.
 */
const forms: Readonly<Record<LimitKey, Readonly<Record<1 | 2, Form>>>> = {
  memoryBytes: {
    1: {
      controller: 'memory',
      mark: 'memory.limit_in_bytes',
      make: 'all',
      settings: ({ memoryBytes = 'max' }) => [set('memory.limit_in_bytes', orMinusOne(memoryBytes))],
    },
    2: { controller: 'memory', mark: 'memory.max', make: 'all', settings: ({ memoryBytes = 'max' }) => [set('memory.max', memoryBytes)] },
  },
  swapBytes: {
    1: { controller: 'memory', mark: 'memory.limit_in_bytes', make: 'all', settings: memoryAndSwap },
    2: { controller: 'memory', mark: 'memory.max', make: 'all', settings: ({ swapBytes = 'max' }) => [set('memory.swap.max', swapBytes)] },
  },
  cpus: {
    1: {
      controller: 'cpu',
      mark: 'cpu.shares',
      make: 'all',
      settings: ({ cpus = 'max' }) => {
        const { quota, period } = cpuTime(cpus);
        return [set('cpu.cfs_period_us', period), set('cpu.cfs_quota_us', orMinusOne(quota))];
      },
    },
    2: {
      controller: 'cpu',
      mark: 'cpu.weight',
      make: 'all',
      settings: ({ cpus = 'max' }) => {
        const { quota, period } = cpuTime(cpus);
        return [set('cpu.max', `${quota} ${period}`)];
      },
    },
  },
  processes: {
    1: { controller: 'pids', mark: 'pids.max', make: 'all', settings: ({ processes = 'max' }) => [set('pids.max', processes)] },
    2: { controller: 'pids', mark: 'pids.max', make: 'all', settings: ({ processes = 'max' }) => [set('pids.max', processes)] },
  },
  ioWeight: {
    1: {
      controller: 'blkio',
      mark: 'cgroup.procs',
      make: 'first',
      settings: ({ ioWeight = 100 }) => [set('blkio.bfq.weight', forBfq(ioWeight))],
    },
    2: {
      controller: 'io',
      mark: 'io.stat',
      make: 'first',
      settings: ({ ioWeight = 100 }) => [set('io.weight', ioWeight), set('io.bfq.weight', forBfq(ioWeight))],
    },
  },
};

export const limitKeys = Object.keys(forms) as readonly LimitKey[];

/** All that keep one of the limits, in either version. */
export const limitingControllers: ReadonlySet<string> = new Set(
  limitKeys.flatMap(key => [forms[key][1].controller, forms[key][2].controller]),
);

/** Where a limit is set on this host, if anywhere. */
export function findForm(key: LimitKey, hierarchies: readonly Hierarchy[]): { hierarchy: Hierarchy; form: Form } | undefined {
  for (const hierarchy of hierarchies) {
    const form = forms[key][hierarchy.version];
    if (hierarchy.controllers.includes(form.controller)) return { hierarchy, form };
  }
  return undefined;
}

/** With the swap that a limit of memory alone stands for. */
function complete(limits: Limits): Limits {
  const { memoryBytes, swapBytes } = limits;
  if (memoryBytes === undefined || swapBytes !== undefined) return limits;
  return { ...limits, swapBytes: memoryBytes === 'max' ? 'max' : 0 };
}

/**
 * What to write for the limits, in this order into a cgroup that has none yet, and which of them this host cannot set.
 * A host that does not count swap has no part of `missing` in a limit of memory alone.
 */
export function planLimits(limits: Limits, hierarchies: readonly Hierarchy[]): { writes: LimitWrite[]; missing: MissingLimit[] } {
  const writes: LimitWrite[] = [];
  const missing: MissingLimit[] = [];
  const wanted = complete(limits);
  for (const key of limitKeys) {
    if (wanted[key] === undefined) continue;
    const made = planLimit(key, wanted, hierarchies);
    const isImplied = limits[key] === undefined;
    if (!('reason' in made)) writes.push(...made.map(write => (isImplied ? { ...write, optional: true as const } : write)));
    else if (!isImplied) missing.push(made);
  }
  return { writes, missing };
}

function planLimit(key: LimitKey, limits: Limits, hierarchies: readonly Hierarchy[]): LimitWrite[] | MissingLimit {
  const found = findForm(key, hierarchies);
  if (!found) {
    const { controller } = forms[key][2];
    return { key, controller, reason: `this host has the cgroup controller ${controller} nowhere that Burrow can use it` };
  }
  const { hierarchy, form } = found;
  const { controller, mark, make } = form;
  const settings = form.settings(limits);
  if (typeof settings === 'string') return { key, controller, reason: settings };
  const possible = settings.filter(({ file }) => hasFile(hierarchy, file, mark) !== false);
  const made = make === 'first' ? possible.slice(0, 1) : possible;
  if (made.length === 0 || (make === 'all' && made.length < settings.length)) {
    const files = settings.map(({ file }) => file).join(' or ');
    return { key, controller, reason: `the cgroup controller ${controller} has no ${files} on this kernel` };
  }
  return made.map(({ file, value }) => ({ key, hierarchy, file, value }));
}

/** What a file of limits says: the number, where `max`, -1 and its own largest number stand for none. */
const limitIn = (text: string): number => (text === 'max' || text === '-1' ? Number.POSITIVE_INFINITY : Number(text));

/**
 * The order for a cgroup that has limits: to raise both, memory and swap together must be raised before memory.
 * @param current what the file of a write says now
 */
export function orderForChange(writes: readonly LimitWrite[], current: (write: LimitWrite) => string): LimitWrite[] {
  const sum = writes.find(({ file }) => file === MEMORY_AND_SWAP);
  if (!sum || limitIn(sum.value) <= limitIn(current(sum))) return [...writes];
  return [sum, ...writes.filter(write => write !== sum)];
}
