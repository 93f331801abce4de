// What a command may do: in the place of a process no more than that process could come to do.
import { readFileSync } from 'node:fs';
import { defaultFilter } from '../seccomp/here.ts';
import { type Capability, capabilities, containerCapabilities, lastCapability } from '../security/capabilities.ts';
import type { Confinement } from '../security/confine.ts';
import { statusField } from '../sys/procfs.ts';
import type { Entered } from './entered.ts';
import type { Resident } from './resident.ts';

export interface Powers {
  readonly confinement: Confinement;
  /** How many capabilities a command of root can have. */
  readonly capabilities: number;
}

/** A process's own, which were asked for. */
type Filters = readonly Uint8Array[];

/** The helper gives nothing of it up while it lives. */
let own: readonly number[] | undefined;

/**
 * The container's own programs must not get more than the container has, nor may those of the host that it comes to see: root
 * in there may take their place. The host's others, as for looking at a container's network, keep all.
 */
export function powersBeside(entered: Entered): Powers {
  const { resident, takesPlace, terms, namespaces, tools, root, filters } = entered;
  own ??= bitsOf(statusField(readFileSync('/proc/self/status', 'latin1'), 'CapBnd'));
  if (terms) return { confinement: terms.confinement, capabilities: terms.confinement.capabilities?.kept.size ?? own.length };
  const joinsUser = namespaces.has('user');
  // Who joins a user namespace has all capabilities there, also those that this machine keeps from root.
  const possible = new Set(joinsUser ? capabilities : own.flatMap(bit => capabilities[bit] ?? []));
  const runsTheirs = tools === undefined && (namespaces.has('mnt') || root !== undefined);
  if (runsTheirs && (!resident || !entered.sharesUser)) return bounded(possible, containerCapabilities, filters);
  const isSeen = !takesPlace && process.getuid?.() === 0 && (joinsUser || namespaces.has('pid'));
  if (isSeen) return bounded(possible, seenLimit(entered, possible));
  if (!resident || !takesPlace) return { confinement: { limits: {}, noNewPrivileges: false }, capabilities: own.length };
  // An ordinary user's helper has nothing that it could give up, or take on.
  if (process.getuid?.() !== 0 && !joinsUser) return { confinement: plain(resident), capabilities: 0 };
  return inPlaceOf(resident, possible, entered.isWhole || !runsTheirs, filters);
}

/** Where no process shows what programs may do, or only one of another user namespace, in which that is another thing. */
function bounded(possible: ReadonlySet<Capability>, by: ReadonlySet<Capability>, filters?: Filters): Powers {
  const kept = new Set([...by].filter(each => possible.has(each)));
  return {
    confinement: {
      limits: {},
      capabilities: { kept, last: lastCapability() },
      noNewPrivileges: true,
      ...(filters && { copied: filters }),
    },
    capabilities: kept.size,
  };
}

const plain = ({ status }: Resident): Confinement => ({ limits: {}, noNewPrivileges: statusField(status, 'NoNewPrivs') === '1' });

/** Over a user namespace that is joined root in there has all; over this machine's it has what engines leave. */
function seenLimit({ resident, sharesUser, namespaces }: Entered, possible: ReadonlySet<Capability>): ReadonlySet<Capability> {
  if (resident && sharesUser) return theirs(resident, 'CapBnd');
  return namespaces.has('user') ? possible : containerCapabilities;
}

const theirs = ({ status }: Resident, field: string): ReadonlySet<Capability> =>
  new Set(bitsOf(statusField(status, field)).flatMap(bit => capabilities[bit] ?? []));

/** @param isWhole it is in all namespaces of the process; in some of them it may do nothing that an engine would not let it */
function inPlaceOf(resident: Resident, possible: ReadonlySet<Capability>, isWhole: boolean, filters: Filters | undefined): Powers {
  const within = (field: string): ReadonlySet<Capability> =>
    new Set([...theirs(resident, field)].filter(each => possible.has(each) && (isWhole || containerCapabilities.has(each))));
  const hasNoNewPrivileges = statusField(resident.status, 'NoNewPrivs') === '1';
  const bounding = within('CapBnd');
  // With no_new_privs execve(2) gives no capability back that was given up; without, root has the bounding set again.
  const kept = hasNoNewPrivileges ? within('CapPrm') : bounding;
  const filter = filters ? undefined : filterLike(resident, bounding);
  return {
    confinement: {
      limits: {},
      capabilities: { bounding, kept, inheritable: within('CapInh'), ambient: within('CapAmb'), last: lastCapability() },
      noNewPrivileges: hasNoNewPrivileges || !isWhole,
      ...(filter && { filter }),
      ...(filters && { copied: filters }),
    },
    capabilities: kept.size,
  };
}

/** Whether a process is held by a filter; which one it is the kernel tells only who stops the process for it: see readFilters. */
export const isFiltered = ({ status }: Resident): boolean => statusField(status, 'Seccomp') !== '0';

/** Burrow's own, which denies what a container's engine denies, in place of one that was not read. */
const filterLike = (resident: Resident, kept: ReadonlySet<Capability>): Uint8Array | undefined =>
  isFiltered(resident) && !resident.is32Bit ? defaultFilter(kept) : undefined;

export const bitsOf = (hex = '0'): number[] => {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, bit) => bit).filter(bit => (bits >> BigInt(bit)) & 1n);
};
