import { constants } from 'node:os';
import { type Ending, endingWords } from '../terminal/messages.ts';
import type { Program } from '../terminal/shell.ts';

const signals: Readonly<Record<string, number>> = constants.signals;

/** As a shell has it: 128 and the number for a signal. @param ending absent when the helper went away first */
export function exitCodeOf(ending: Ending | undefined): number {
  if (!ending) return 1;
  return ending.signal === undefined ? (ending.exitCode ?? 0) : 128 + (signals[ending.signal] ?? 0);
}

/**
 * A program whose end is the task's: the editor gets its code, and says itself how the terminal is closed.
 *
 * @param endingOf how the process ended
 * @param tells whether its own words about the end are shown where the code says it all
 */
export function asTask<E>(
  { offer: _, ...program }: Program<E>,
  endingOf: (end: E) => Ending,
  { tells }: { readonly tells: boolean },
): Program<E> {
  return {
    ...program,
    farewell: async end => {
      const ending = end && endingOf(end);
      const { lines } = await program.farewell(end);
      const explained = tells || ending?.exitCode === undefined;
      return { lines: explained ? lines : [], closes: true, exitCode: exitCodeOf(ending) };
    },
  };
}

/** A task that could not even begin. */
export const failing = (error: unknown): Program<never> => ({
  start: () => Promise.reject(error),
  onDidEnd: () => ({ dispose: () => {} }),
  farewell: () => ({ lines: [endingWords(undefined)], closes: true, exitCode: 1 }),
  hangUp: () => Promise.resolve(),
});
