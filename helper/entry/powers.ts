// What a command may do, held to what the process beside it may.
import { readFileSync } from 'node:fs';
import { statusField } from '../sys/procfs.ts';
import type { Entered } from './target.ts';

export interface Powers {
  /** Capabilities that the helper could give and the process beside it can never have. */
  readonly withheld: readonly number[];
  readonly noNewPrivileges: boolean;
  /** How many capabilities a command of root can have. */
  readonly capabilities: number;
}

/**
 * With the mnt namespace come the container's own programs, and those must not get more than the
 * container has. Without it they are the host's, as for looking at a container's network, and keep
 * all. In a user namespace of its own all capabilities there are over that namespace only.
 */
export function powersBeside({ status, namespaces }: Entered): Powers {
  const own = boundingSet(readFileSync('/proc/self/status', 'latin1'));
  if (status === undefined || namespaces.has('user') || !namespaces.has('mnt'))
    return { withheld: [], noNewPrivileges: false, capabilities: own.length };
  const theirs = new Set(boundingSet(status));
  const withheld = own.filter(each => !theirs.has(each));
  return { withheld, noNewPrivileges: statusField(status, 'NoNewPrivs') === '1', capabilities: own.length - withheld.length };
}

/** The bits of CapBnd, capabilities(7). */
const boundingSet = (status: string): number[] => bitsOf(statusField(status, 'CapBnd'));

export const bitsOf = (hex = '0'): number[] => {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, bit) => bit).filter(bit => (bits >> BigInt(bit)) & 1n);
};
