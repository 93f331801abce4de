// How a stage becomes a member.
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Call } from '../stage/program.ts';
import { AT_FDCWD, O_CLOEXEC } from '../sys/flags.ts';
import type { Place } from './layout.ts';

const here = { text: 'AT_FDCWD', value: AT_FDCWD };
const forWriting = { text: 'O_WRONLY|O_CLOEXEC', value: constants.O_WRONLY | O_CLOEXEC };

/**
 * Moves the calling process, which must have one thread. By `tasks` and "0" this is the move of one thread by itself,
 * the only one for which the kernel does not stop all forks and exits of the host: that takes an RCU grace period, 7 to
 * 15 ms on a quiet machine. v2 has no such file, and pays. There, {@link Place.inside} can be handed to
 * clone3(CLONE_INTO_CGROUP) instead, for a tenth of a millisecond.
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
