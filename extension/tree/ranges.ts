import type { TreeNode } from './node.ts';

/** The editor draws all children of an element at once; a longer list is shown in parts. A power of two: they are made by halving. */
const rangeLimit = 512;

interface Part<T> {
  /** Stays the same while things come and go. */
  readonly id: string;
  readonly items: readonly T[];
}

/** Where in the sorted items the first number from `least` on is. */
function indexFrom<T>(items: readonly T[], number: (item: T) => number, least: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && number(item) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Halves the numbers until no part has too many. The borders are the same whatever there is, so that no part moves. */
function halved<T>(items: readonly T[], number: (item: T) => number, from: number, width: number): Part<T>[] {
  const first = indexFrom(items, number, from);
  const end = indexFrom(items, number, from + width);
  if (first === end) return [];
  if (end - first <= rangeLimit || width <= 1) return [{ id: `${from}-${from + width - 1}`, items: items.slice(first, end) }];
  const half = width / 2;
  return [...halved(items, number, from, half), ...halved(items, number, from + half, half)];
}

/** In the order that they have. */
function paged<T>(items: readonly T[]): Part<T>[] {
  const starts = Array.from({ length: Math.ceil(items.length / rangeLimit) }, (_, index) => index * rangeLimit);
  return starts.map(start => ({ id: `${start}`, items: items.slice(start, start + rangeLimit) }));
}

interface Listing<T> {
  /** What the nodes' ids begin with. */
  readonly parentId: string;
  /** `pids`; nothing where the first and the last name say it. */
  readonly words?: string;
  /** What the first and the last are called. */
  readonly name: (item: T) => string;
  readonly node: (item: T) => TreeNode;
}

function partNodes<T>(parts: readonly Part<T>[], { parentId, words, name, node }: Listing<T>): TreeNode[] {
  return parts.flatMap(({ id, items }) => {
    const [first] = items;
    const last = items.at(-1);
    if (first === undefined || last === undefined) return [];
    const span = items.length === 1 ? name(first) : `${name(first)} – ${name(last)}`;
    return {
      id: `${parentId}/range:${id}`,
      label: words === undefined ? span : `${words} ${span}`,
      description: items.length.toLocaleString('en'),
      icon: 'list-unordered',
      context: 'range',
      children: () => items.map(node),
    };
  });
}

/** All of them, below ranges of their numbers where there are too many. @param items by number, from 0 to 2³² − 1 */
export function listNumbered<T>(items: readonly T[], number: (item: T) => number, listing: Listing<T>): readonly TreeNode[] {
  if (items.length <= rangeLimit) return items.map(listing.node);
  return partNodes(halved(items, number, 0, 2 ** 32), listing);
}

/** All of them in their order, in parts where there are too many. */
export function listNamed<T>(items: readonly T[], listing: Listing<T>): readonly TreeNode[] {
  if (items.length <= rangeLimit) return items.map(listing.node);
  return partNodes(paged(items), listing);
}
