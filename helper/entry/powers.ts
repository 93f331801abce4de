// What a command may do, held to what the process beside it may.
import { readFileSync } from 'node:fs';
import { capabilities, lastCapability } from '../security/capabilities.ts';
import type { Confinement } from '../security/confine.ts';
import { statusField } from '../sys/procfs.ts';
import type { Entered } from './target.ts';

export interface Powers {
  readonly confinement: Confinement;
  /** How many capabilities a command of root can have. */
  readonly capabilities: number;
}

/**
 * With the mnt namespace come the container's own programs, and those must not get more than the
 * container has. Without it they are the host's, as for looking at a container's network, and keep
 * all. In a user namespace of its own all capabilities there are over that namespace only.
 */
export function powersBeside({ status, namespaces, terms }: Entered): Powers {
  const own = boundingSet(readFileSync('/proc/self/status', 'latin1'));
  if (terms) return { confinement: terms.confinement, capabilities: terms.confinement.capabilities?.kept.size ?? own.length };
  if (status === undefined || namespaces.has('user') || !namespaces.has('mnt'))
    return { confinement: { limits: {}, noNewPrivileges: false }, capabilities: own.length };
  const theirs = new Set(boundingSet(status));
  const kept = new Set(own.filter(each => theirs.has(each)).flatMap(each => capabilities[each] ?? []));
  const noNewPrivileges = statusField(status, 'NoNewPrivs') === '1';
  return { confinement: { limits: {}, capabilities: { kept, last: lastCapability() }, noNewPrivileges }, capabilities: kept.size };
}

/** The bits of CapBnd, capabilities(7). */
const boundingSet = (status: string): number[] => bitsOf(statusField(status, 'CapBnd'));

export const bitsOf = (hex = '0'): number[] => {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, bit) => bit).filter(bit => (bits >> BigInt(bit)) & 1n);
};
