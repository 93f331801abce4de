// Whose word makes a process a container, as the kernel tells it. What they call it is up to them.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hostHierarchies } from '../../cgroup/hierarchies.ts';
import type { Facts, Found } from './engine.ts';

/**
 * Whether that is root beside the helper: of the process above it, of the file that names it, or of the control group that
 * it is in. A name that root of this machine gave is not to be taken by anybody else.
 */
export function isRootsWord({ parent, cgroup, reach }: Facts, { uid, source }: Pick<Found, 'uid' | 'source'>): boolean {
  if (uid !== undefined || !parent || parent.pids.length > 1 || !reach.isTrusted(reach.claimant(parent))) return false;
  // Whoever has lost its parent has the machine's first process in place of it: then the group says more.
  return source !== 'cgroup' || (cgroup !== undefined && ownerOfGroup(cgroup.path) === 0);
}

/** Undefined where no hierarchy that is mounted here has it. */
function ownerOfGroup(path: string): number | undefined {
  const found = hostHierarchies().map(({ mount }) => statSync(join(mount, path), { throwIfNoEntry: false }));
  return found.find(each => each !== undefined)?.uid;
}
