/** The next number from 0 up to, and not with, the one given. */
export type Next = (below: number) => number;

/** mulberry32: the same numbers for the same seed, so that a failure can be repeated. */
export function random(seed: number): Next {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
