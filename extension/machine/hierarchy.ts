/**
 * Whether a walk upwards has to begin here: at what has nothing above it, and in a loop at its least
 * member. What is read at different moments may go in circles, and all of it is to be seen.
 */
export function isTop<T>(each: T, above: (each: T) => T | undefined, number: (each: T) => number): boolean {
  const first = above(each);
  if (first === undefined) return true;
  let least = number(each);
  const seen = new Set([each]);
  for (let up: T | undefined = first; up !== undefined; up = above(up)) {
    if (up === each) return least === number(each);
    // The loop is further up, and this is not in it.
    if (seen.has(up)) return false;
    seen.add(up);
    least = Math.min(least, number(up));
  }
  return false;
}
