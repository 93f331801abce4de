// Owners and parents. They never change, so they are asked for once, when a namespace is new; an elder
// that no process is in is found this way only.
import { closeSync } from 'node:fs';
import { namespaceId } from '../protocol/namespaces.ts';
import { hasVanished, Refusal } from '../sys/errors.ts';
import { type Relations, relationsOfMember, relationsOfOpen } from '../walker/walker.ts';
import type { Gaps } from './gaps.ts';
import type { NamespaceNode } from './namespace-node.ts';
import type { Namespaces } from './namespaces.ts';
import type { Opener } from './opening.ts';

export function relateNew(namespaces: Namespaces, opener: Opener, gaps: Gaps): void {
  // Elders that turn up on the way join the set, and their turn comes in the same loop.
  for (const node of namespaces.unrelated) {
    namespaces.unrelated.delete(node);
    if (!node.isHeld) {
      namespaces.settle(node);
      continue;
    }
    const relations = relationsOf(node, opener, gaps);
    if (relations) namespaces.relate(node, relations);
  }
}

/** Undefined when it cannot be known now; the next sweep asks again. */
function relationsOf(node: NamespaceNode, opener: Opener, gaps: Gaps): Relations | undefined {
  const { type, inode, oldest } = node;
  try {
    if (oldest) return relationsOfMember(oldest.pid, type, inode);
  } catch (error) {
    if (!hasVanished(error)) {
      gaps.add('owners of namespaces', namespaceId(node), error);
      return undefined;
    }
  }
  try {
    const fd = opener.open(node);
    try {
      return relationsOfOpen(fd, type);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return undefined;
  }
}
