// Which terminals a user may keep.
import { Refusal } from '../sys/errors.ts';
import type { Terminal } from './terminal.ts';

/** Each holds up to 256 KiB of output, and a pty of the few thousand that a machine has. */
const MOST = 64;

export const keptOf = (terminals: Iterable<Terminal>, uid: number): Terminal[] =>
  [...terminals].filter(each => each.uid === uid && each.keep !== undefined);

/**
 * Room for one more.
 * @param kept those of its user, the oldest first
 * @returns one that has to go for it, if any
 * @throws Refusal `taken` when all of them are in use
 */
export function requireRoom(kept: readonly Terminal[]): Terminal | undefined {
  if (kept.length < MOST) return undefined;
  const oldest = kept.find(each => each.ended !== undefined && each.client === undefined);
  if (oldest) return oldest;
  throw new Refusal('taken', `You keep ${MOST} terminals already.`, { hint: 'Close one of them first.' });
}
