// What a command may do: in the place of a process no more than that process could come to do.
import { readFileSync } from 'node:fs';
import { defaultFilter } from '../seccomp/here.ts';
import { type Capability, capabilities, lastCapability } from '../security/capabilities.ts';
import type { Confinement } from '../security/confine.ts';
import { statusField } from '../sys/procfs.ts';
import type { Entered } from './entered.ts';
import type { Resident } from './resident.ts';

export interface Powers {
  readonly confinement: Confinement;
  /** How many capabilities a command of root can have. */
  readonly capabilities: number;
}

/** The helper gives nothing of it up while it lives. */
let own: readonly number[] | undefined;

/**
 * The container's own programs must not get more than the container has. The host's, as for looking at a
 * container's network, keep all.
 */
export function powersBeside({ resident, takesPlace, terms, namespaces, filters }: Entered): Powers {
  own ??= bitsOf(statusField(readFileSync('/proc/self/status', 'latin1'), 'CapBnd'));
  if (terms) return { confinement: terms.confinement, capabilities: terms.confinement.capabilities?.kept.size ?? own.length };
  if (!resident || !takesPlace) return { confinement: { limits: {}, noNewPrivileges: false }, capabilities: own.length };
  // An ordinary user's helper has nothing that it could give up, or take on.
  if (process.getuid?.() !== 0 && !namespaces.has('user')) return { confinement: plain(resident), capabilities: 0 };
  // Who joins a user namespace has all capabilities there, also those that this machine keeps from root.
  return inPlaceOf(resident, filters, new Set(namespaces.has('user') ? capabilities : own.flatMap(bit => capabilities[bit] ?? [])));
}

const plain = ({ status }: Resident): Confinement => ({ limits: {}, noNewPrivileges: statusField(status, 'NoNewPrivs') === '1' });

function inPlaceOf(resident: Resident, filters: readonly Buffer[] | undefined, own: ReadonlySet<Capability>): Powers {
  const { status } = resident;
  const theirs = (field: string): ReadonlySet<Capability> =>
    new Set(
      bitsOf(statusField(status, field))
        .flatMap(bit => capabilities[bit] ?? [])
        .filter(each => own.has(each)),
    );
  const noNewPrivileges = statusField(status, 'NoNewPrivs') === '1';
  const bounding = theirs('CapBnd');
  // With no_new_privs execve(2) gives no capability back that was given up; without, root has the bounding set again.
  const kept = noNewPrivileges ? theirs('CapPrm') : bounding;
  const filter = filters ? undefined : filterLike(resident, bounding);
  return {
    confinement: {
      limits: {},
      capabilities: { bounding, kept, inheritable: theirs('CapInh'), ambient: theirs('CapAmb'), last: lastCapability() },
      noNewPrivileges,
      ...(filter && { filter }),
      ...(filters && { copied: filters }),
    },
    capabilities: kept.size,
  };
}

/** Whether a process is held by a filter; which one it is the kernel tells only who stops the process for it: see readFilters. */
export const isFiltered = ({ status }: Resident): boolean => statusField(status, 'Seccomp') !== '0';

/** Burrow's own, which denies what a container's engine denies, in place of one that was not read. */
const filterLike = (resident: Resident, kept: ReadonlySet<Capability>): Buffer | undefined =>
  isFiltered(resident) && !resident.is32Bit ? defaultFilter(kept) : undefined;

export const bitsOf = (hex = '0'): number[] => {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, bit) => bit).filter(bit => (bits >> BigInt(bit)) & 1n);
};
