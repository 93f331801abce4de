/** The kernel nests namespaces up to 32 deep; a walk that is longer may be one in a circle. */
const usualDepth = 40;

/**
 * Whether a walk upwards has to begin here: at what has nothing above it, and in a circle at its least
 * member. What is read at different moments may go in circles, and all of it is to be seen.
 */
export function isTop<T>(each: T, above: (each: T) => T | undefined, number: (each: T) => number): boolean {
  let up = above(each);
  if (up === undefined) return true;
  for (let depth = 0; depth < usualDepth && up !== each; depth++) {
    up = above(up);
    if (up === undefined) return false;
  }
  return isLeastOfCircle(each, above, number);
}

function isLeastOfCircle<T>(each: T, above: (each: T) => T | undefined, number: (each: T) => number): boolean {
  let least = number(each);
  const seen = new Set<T>();
  for (let up = above(each); up !== undefined && up !== each; up = above(up)) {
    // The circle is further up, and this is not in it.
    if (seen.has(up)) return false;
    seen.add(up);
    least = Math.min(least, number(up));
    if (above(up) === undefined) return false;
  }
  return least === number(each);
}
