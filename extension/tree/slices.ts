import type { Steps } from './outline.ts';

/** How long the extension host may be kept busy at a time; terminals of the same window wait for it. */
const sliceMs = 4;

const afterOthers = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Does the work in slices, between which everything else has its turn. */
export async function inSlices<T>(work: Steps<T>): Promise<T> {
  for (;;) {
    const began = performance.now();
    do {
      const { done, value } = work.next();
      if (done) return value;
    } while (performance.now() - began < sliceMs);
    await afterOthers();
  }
}
