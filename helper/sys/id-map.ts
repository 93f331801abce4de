// Ids of a user namespace and those of the one that the helper is in, user_namespaces(7).
import type { IdMapping } from '../protocol/inspection.ts';

/** An id inside as it is outside, for what the helper does to the target's files from without. */
export function outsideId(id: number, map: readonly IdMapping[] | undefined): number {
  const line = map?.find(({ inside, count }) => id >= inside && id < inside + count);
  return line ? line.outside + (id - line.inside) : id;
}

/** An id outside as it is inside; undefined for one that is not mapped. Without a map both are the same. */
export function insideId(id: number, map: readonly IdMapping[] | undefined): number | undefined {
  if (!map) return id;
  const line = map.find(({ outside, count }) => id >= outside && id < outside + count);
  return line && line.inside + (id - line.outside);
}
