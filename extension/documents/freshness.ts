import type { Difference } from '../../helper/protocol/difference.ts';
import type { NamespaceKey } from '../../helper/protocol/model.ts';

/** Whether a difference may change what is known of a namespace; without a difference, everything may have changed. */
export function touches(difference: Difference | undefined, { type, inode }: NamespaceKey): boolean {
  if (!difference) return true;
  const { added, changed, removed } = difference;
  const isIt = (each: NamespaceKey): boolean => each.type === type && each.inode === inode;
  return (
    removed.namespaces.some(isIt) ||
    [added, changed].some(part => part.namespaces.some(isIt) || part.processes.some(each => each.namespaces[type] === inode))
  );
}
