// The last part of a stage program, before the command is executed. Its order is what makes it hold.
import { install } from '../seccomp/filter.ts';
import type { Call } from '../stage/program.ts';
import { PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS } from '../sys/flags.ts';
import { type Capability, dropFromBoundingSet, raise, setCapabilities } from './capabilities.ts';
import { type Limits, limit } from './rlimits.ts';

export interface Confinement {
  readonly limits: Limits;
  /** What a command of root has, and what a program that makes itself root can have; all that the stage has when left out. */
  readonly capabilities?: {
    readonly kept: ReadonlySet<Capability>;
    /** The bounding set, where it is more than what is kept. */
    readonly bounding?: ReadonlySet<Capability>;
    /** None when left out; ambient ones are what a command of another user than root has, capabilities(7). */
    readonly inheritable?: ReadonlySet<Capability>;
    readonly ambient?: ReadonlySet<Capability>;
    /** See lastCapability. */
    readonly last: number;
  };
  readonly noNewPrivileges: boolean;
  /** struct sock_filter[], of filterOf. */
  readonly filter?: Uint8Array;
  /** Those of the process in whose place the command runs, see readFilters; the oldest first, as each must let the next be installed. */
  readonly copied?: readonly Uint8Array[];
}

/**
 * Becomes the command's user and gives up what the command may not have. The process must be root in its user
 * namespace, have all that is kept, and be the only thread; after these calls comes execve(2) and nothing else.
 *
 * 1. Resource limits, last of what is set up: the stage is held by them too (RLIMIT_NOFILE counts for what it opens).
 * 2. The bounding set, while CAP_SETPCAP is there. What root has after execve(2) is this set and nothing else.
 * 3. The user. PR_SET_KEEPCAPS lasts until execve(2), and lets the next step still have what it needs.
 * 4. One capset(2): the command's capabilities, so that its file is looked for with no more than them. Without no_new_privs
 *    CAP_SYS_ADMIN stays as well until execve(2), which the filter needs.
 * 5. no_new_privs. It also makes capset's set a bound for execve(2), so it may not come before that is as it shall be.
 * 6. The filters, so that the last need not allow the stage anything but execve(2), and write(2) and exit_group(2) for when that fails.
 *
 * @param uid inside, of the command
 * @param become setgroups, setresgid and setresuid to it
 */
export function confine(confinement: Confinement, uid: number, become: readonly Call[]): Call[] {
  const { limits, capabilities, noNewPrivileges, filter, copied = [] } = confinement;
  const filters = [...copied, ...(filter ? [filter] : [])];
  const ambient = capabilities?.ambient ?? new Set<Capability>();
  const own = uid === 0 ? capabilities?.kept : ambient;
  const untilExecve: readonly Capability[] = filters.length > 0 && !noNewPrivileges ? ['CAP_SYS_ADMIN'] : [];
  const inheritable = new Set([...(capabilities?.inheritable ?? []), ...ambient]);
  return [
    ...limit(limits),
    ...(capabilities ? dropFromBoundingSet(capabilities.bounding ?? capabilities.kept, capabilities.last) : []),
    ...(own
      ? [keepOverChangeOfUser, ...become, setCapabilities(new Set([...own, ...untilExecve]), inheritable), ...raise(ambient)]
      : become),
    ...(noNewPrivileges ? [setNoNewPrivileges] : []),
    ...filters.map(install),
  ];
}

export const keepOverChangeOfUser: Call = { call: 'prctl', arguments: [{ text: 'PR_SET_KEEPCAPS', value: PR_SET_KEEPCAPS }, 1] };

const setNoNewPrivileges: Call = {
  call: 'prctl',
  arguments: [{ text: 'PR_SET_NO_NEW_PRIVS', value: PR_SET_NO_NEW_PRIVS }, 1, 0, 0, 0],
};
