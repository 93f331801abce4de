// How a stage becomes a member.
import { constants } from 'node:fs';
import { join } from 'node:path';
import { here } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { O_CLOEXEC, O_PATH } from '../sys/flags.ts';
import type { Place } from './layout.ts';

const forWriting = { text: 'O_WRONLY|O_CLOEXEC', value: constants.O_WRONLY | O_CLOEXEC };

/**
 * Moves the calling process, which must have one thread. By `tasks` and "0" this is the move of one thread by itself,
 * the only one for which the kernel does not stop all forks and exits of the host: that takes an RCU grace period, 7 to
 * 15 ms on a quiet machine. v2 has no such file, and pays: see {@link birthplaceAmong}.
 */
export const joinCalls = (places: readonly Place[]): Call[] =>
  places.flatMap(({ hierarchy, inside }): Call[] => {
    const as = `members of ${inside}`;
    const path = join(inside, hierarchy.version === 1 ? 'tasks' : 'cgroup.procs');
    return [
      { call: 'openat', arguments: [here, path, forWriting, 0], as },
      { call: 'write', arguments: [{ resultOf: as }, '0', 1] },
      { call: 'close', arguments: [{ resultOf: as }] },
    ];
  });

/** A process can be born into a group of v2 for a tenth of a millisecond: a handle on its directory for clone3(CLONE_INTO_CGROUP). */
export function birthplaceAmong(places: readonly Place[]): Call | undefined {
  const place = places.find(({ hierarchy }) => hierarchy.version === 2);
  return place && { call: 'openat', arguments: [here, place.inside, asHandle, 0], as: BIRTHPLACE };
}

export const BIRTHPLACE = 'cgroup';

const asHandle = { text: 'O_PATH|O_CLOEXEC', value: O_PATH | O_CLOEXEC };
