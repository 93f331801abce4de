// Which cgroups a sandbox has, as data: made in this order, removed in the opposite one.
import { join } from 'node:path';
import { type Hierarchy, OURS, tracks } from './hierarchies.ts';
import { type Limits, type LimitWrite, limitingControllers, type MissingLimit, planLimits } from './limits.ts';

/** A sandbox's cgroups in one hierarchy. */
export interface Place {
  readonly hierarchy: Hierarchy;
  /** `/burrow`, which all sandboxes share. */
  readonly shared: string;
  /** `/burrow/ID`: carries the limits, holds no process, and nobody inside ever sees it. */
  readonly group: string;
  /**
   * `/burrow/ID/inside`, or the same where nothing can be limited: holds the processes, and is the root of their cgroup namespace. Root inside who is also root
   * outside may write all that he sees there, and what he sees has no limits of the sandbox in it.
   */
  readonly inside: string;
}

export interface Wishes {
  readonly limits: Limits;
  /** Do its processes outlive whoever asked for it? Then they neither go with a login session nor keep it from ending. */
  readonly lasting: boolean;
  /** Is somebody inside uid 0 outside? Then no hierarchy may show him more than his own part of it. */
  readonly guarded: boolean;
  /** Must its processes be found and ended without a pid namespace of their own? */
  readonly killable: boolean;
  /** Must the processor time of all its processes be known while they run? */
  readonly counted: boolean;
}

export type Step =
  /** A shared directory may be there already, and stays while another sandbox has something in it. */
  | { readonly do: 'mkdir'; readonly path: string; readonly shared: boolean }
  /** An optional file may be missing. */
  | { readonly do: 'write'; readonly path: string; readonly value: string; readonly optional: boolean }
  /** A v1 cpuset is made without any processor or memory, and refuses processes (ENOSPC) until it has some. */
  | { readonly do: 'copy'; readonly path: string; readonly from: string };

export interface Layout {
  readonly places: readonly Place[];
  /** Of v1 and of v2: see make-calls.ts. */
  readonly make: { readonly v1: readonly Step[]; readonly v2: readonly Step[] };
  /** What this host cannot set of the limits. Whether that is a failure is the caller's to say. */
  readonly missing: readonly MissingLimit[];
}

/** @param id a sandbox's: one plain word, which becomes part of paths */
export function placeIn(hierarchy: Hierarchy, id: string): Place {
  if (!/^\w[\w-]*$/.test(id)) throw new Error(`no id of a sandbox: ${id}`);
  const shared = join(hierarchy.mount, OURS);
  const group = join(shared, id);
  return { hierarchy, shared, group, inside: canLimit(hierarchy) ? join(group, 'inside') : group };
}

/** Where nothing can be limited there is nothing to keep from those inside, and one directory less to make and to remove. */
const canLimit = ({ controllers }: Hierarchy): boolean => controllers.some(each => limitingControllers.has(each));

/** All that a sandbox of any kind can have; what is not there counts as removed already. */
export const everyPlace = (hierarchies: readonly Hierarchy[], id: string): Place[] => hierarchies.map(hierarchy => placeIn(hierarchy, id));

export function layOut(id: string, hierarchies: readonly Hierarchy[], wishes: Wishes): Layout {
  const { limits, lasting, guarded, killable, counted } = wishes;
  const { writes, missing } = planLimits(limits, hierarchies);
  const limited = new Set(writes.map(write => write.hierarchy));
  const forKilling = killable ? firstThat(hierarchies, killers) : undefined;
  const forCounting = counted ? firstThat(hierarchies, counters) : undefined;
  const places = hierarchies
    .filter(each => guarded || limited.has(each) || each === forKilling || each === forCounting || (lasting && tracks(each)))
    .map(hierarchy => placeIn(hierarchy, id));
  const make = (version: 1 | 2): Step[] =>
    places.filter(({ hierarchy }) => hierarchy.version === version).flatMap(place => stepsFor(place, writes));
  return { places, missing, make: { v1: make(1), v2: make(2) } };
}

const killers: readonly ((hierarchy: Hierarchy) => boolean)[] = [
  ({ version, files }) => version === 2 && files?.includes('cgroup.kill') !== false,
  // Whoever cannot fork any more cannot outrun the signals either.
  ({ controllers }) => controllers.includes('pids'),
  ({ controllers }) => controllers.includes('freezer'),
  () => true,
];

/** Every cgroup of v2 has cpu.stat, whatever its controllers. */
const counters: readonly ((hierarchy: Hierarchy) => boolean)[] = [
  ({ controllers }) => controllers.includes('cpuacct'),
  ({ version }) => version === 2,
];

const firstThat = (hierarchies: readonly Hierarchy[], suits: readonly ((hierarchy: Hierarchy) => boolean)[]): Hierarchy | undefined =>
  suits.flatMap(each => hierarchies.find(each) ?? [])[0];

const mkdir = (path: string, shared = false): Step => ({ do: 'mkdir', path, shared });
const write = (path: string, value: string, optional = false): Step => ({ do: 'write', path, value, optional });

function stepsFor(place: Place, writes: readonly LimitWrite[]): Step[] {
  const { hierarchy, shared, group, inside } = place;
  const own = writes.filter(each => each.hierarchy === hierarchy);
  return [
    mkdir(shared, true),
    ...preparations(place, own),
    mkdir(group),
    ...own.map(({ file, value, optional = false }) => write(join(group, file), value, optional)),
    ...(inside === group ? [] : [mkdir(inside)]),
  ];
}

/** What `/burrow` needs before the cgroups below it are what they should be. Done again for each sandbox: it costs next to nothing. */
export function preparations({ hierarchy, shared }: Place, writes: readonly LimitWrite[]): Step[] {
  const { version, mount, controllers } = hierarchy;
  if (version === 2) {
    // The limits are on /burrow/ID, so the controllers go no further down: what is inside counts as its cgroup's.
    const value = [...new Set(writes.map(({ file }) => `+${file.split('.')[0]}`))].join(' ');
    return value === '' ? [] : [mount, shared].map(above => write(join(above, 'cgroup.subtree_control'), value));
  }
  const steps: Step[] = [];
  if (controllers.includes('cpuset')) {
    for (const file of ['cpuset.cpus', 'cpuset.mems']) steps.push({ do: 'copy', path: join(shared, file), from: join(mount, file) });
    steps.push(write(join(shared, 'cgroup.clone_children'), '1'));
  }
  // Before Linux 5.11 the limit of a cgroup is none for those below it, unless it says so before it has any.
  if (controllers.includes('memory')) steps.push(write(join(shared, 'memory.use_hierarchy'), '1', true));
  return steps;
}

export function describeStep(step: Step): string {
  switch (step.do) {
    case 'mkdir':
      return `mkdir(${JSON.stringify(step.path)}, 0755)${step.shared ? '  # may be there' : ''}`;
    case 'write':
      return `write(${JSON.stringify(step.path)}, ${JSON.stringify(step.value)})${step.optional ? '  # if there is such a file' : ''}`;
    case 'copy':
      return `write(${JSON.stringify(step.path)}, what ${step.from} says)`;
  }
}
