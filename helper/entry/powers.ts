// What a command may do, held to what the process beside it may: it runs programs of the container,
// and those must not get more than the container has.
import { readFileSync } from 'node:fs';
import { statusField } from '../sys/procfs.ts';
import type { Entered } from './target.ts';

export interface Powers {
  /** Capabilities that the helper could give and the process beside it can never have. */
  readonly withheld: readonly number[];
  readonly noNewPrivileges: boolean;
}

/** In a user namespace of its own nothing is withheld: all capabilities there are over that namespace only. */
export function powersBeside({ status, namespaces }: Entered): Powers {
  if (status === undefined || namespaces.has('user')) return { withheld: [], noNewPrivileges: false };
  const theirs = new Set(boundingSet(status));
  const own = boundingSet(readFileSync('/proc/self/status', 'latin1'));
  return { withheld: own.filter(each => !theirs.has(each)), noNewPrivileges: statusField(status, 'NoNewPrivs') === '1' };
}

/** The bits of CapBnd, capabilities(7). */
function boundingSet(status: string): number[] {
  const bits = BigInt(`0x${statusField(status, 'CapBnd') ?? '0'}`);
  return Array.from({ length: 64 }, (_, bit) => bit).filter(bit => (bits >> BigInt(bit)) & 1n);
}
