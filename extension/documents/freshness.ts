import type { Difference } from '../../helper/protocol/difference.ts';
import type { NamespaceKey } from '../../helper/protocol/model.ts';

/** Whether differences may change what is known of a namespace; without them, everything may have changed. */
export function touches(differences: readonly Difference[] | undefined, { type, inode }: NamespaceKey): boolean {
  if (!differences) return true;
  const isIt = (each: NamespaceKey): boolean => each.type === type && each.inode === inode;
  return differences.some(
    ({ added, changed, removed }) =>
      removed.namespaces.some(isIt) ||
      [added, changed].some(part => part.namespaces.some(isIt) || part.processes.some(each => each.namespaces[type] === inode)),
  );
}
