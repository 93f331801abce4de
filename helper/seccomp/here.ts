// Filters for this machine: its processor, its kernel.
import { release } from 'node:os';
import { arch } from 'node:process';
import type { Capability } from '../security/capabilities.ts';
import { defaultPolicy } from './default-policy.ts';
import { filterOf } from './filter.ts';
import type { Policy } from './policy.ts';

export const architecture = arch === 'arm64' ? 'arm64' : 'x64';

/** @param kept the capabilities of who will be under it. @throws Refusal as filterOf does */
export const filterHere = (policy: Policy, kept: ReadonlySet<Capability>): Buffer =>
  filterOf(policy, { architecture, kernel: release(), capabilities: kept });

/** More different sets of capabilities than a host's containers have. */
const KINDS = 16;
const compiled = new Map<string, Buffer>();

/** Burrow's own. To compile it takes longer than to start a command. */
export function defaultFilter(kept: ReadonlySet<Capability>): Buffer {
  const key = [...kept].sort().join();
  const filter = compiled.get(key) ?? filterHere(defaultPolicy, kept);
  if (compiled.size < KINDS) compiled.set(key, filter);
  return filter;
}
