import assert from 'node:assert/strict';
import type { Arrangement, Grouping } from '../../../extension/namespaces/arrangement.ts';
import type { TreeNode } from '../../../extension/tree/node.ts';

/** Everything, grouped in some way. */
export const by = (groupBy: Grouping, more: Partial<Arrangement> = {}): Arrangement => ({
  groupBy,
  hideKernelThreads: false,
  hideHost: false,
  ...more,
});

/** A tree as a person sees it, opened down to `depth`. */
export const drawn = (nodes: readonly TreeNode[], depth: number, indent = ''): string[] =>
  nodes.flatMap(({ label, description, children }) => [
    `${indent}${[label, description].filter(Boolean).join(' | ')}`,
    ...(depth > 1 ? drawn(children?.() ?? [], depth - 1, `${indent}  `) : []),
  ]);

/** Every node that can be reached by opening. */
export const all = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap(each => [each, ...all(each.children?.() ?? [])]);

export function find(nodes: readonly TreeNode[], id: string): TreeNode {
  const found = all(nodes).find(each => each.id === id);
  assert.ok(found, `${id} in ${all(nodes).map(each => each.id)}`);
  return found;
}
