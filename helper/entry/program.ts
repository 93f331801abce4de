// The stage program that enters a target and becomes a command. Pure: a table of calls, made from
// what was found out about the target.
import { BIRTHPLACE, birthplaceAmong, joinCalls } from '../cgroup/join.ts';
import type { Place } from '../cgroup/layout.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { prelude, setgroups } from '../stage/calls.ts';
import { FIRST_HANDLE } from '../stage/encode.ts';
import type { Argument, Call, Program } from '../stage/program.ts';
import { cloneFlag, cloneFlagName } from '../sys/flags.ts';
import { type Command, commandCalls } from './command.ts';

export interface EntryPlan {
  /** The namespaces to join. */
  readonly types: readonly NamespaceType[];
  readonly label: string;
  readonly hasRoot: boolean;
  /** May the helper change its groups and join without owning the user namespace? */
  readonly privileged: boolean;
  /** Supplementary groups, as ids outside. */
  readonly groups: readonly number[];
  /** The target's control groups, which are entered as the host's root. */
  readonly places: readonly Place[];
  readonly command: Command;
}

/**
 * With all privileges the user namespace comes last: it takes away the right to join what it does not
 * own (bubblewrap's own namespaces, say). Without, it comes first: it is what gives that right.
 */
const joinOrder: readonly NamespaceType[] = ['cgroup', 'ipc', 'uts', 'net', 'pid', 'time', 'mnt'];

export const handleOf = (type: NamespaceType, label: string): string => `${type} of ${label}`;
export const rootOf = (label: string): string => `root of ${label}`;

export function entryProgram(plan: EntryPlan): Program {
  const handle = (of: string): Argument => ({ handle: of });
  const join = (type: NamespaceType): Call => ({
    call: 'setns',
    arguments: [handle(handleOf(type, plan.label)), { text: cloneFlagName[type], value: cloneFlag[type] }],
  });
  const types = (plan.privileged ? [...joinOrder, 'user' as const] : (['user', ...joinOrder] as const)).filter(type =>
    plan.types.includes(type),
  );
  const birthplace = birthplaceAmong(plan.places);
  return [
    ...prelude,
    ...joinCalls(plan.places.filter(each => each.hierarchy.version === 1)),
    ...(birthplace ? [birthplace] : []),
    // The helper's own groups are not for the target. Inside, the kernel may refuse to change them.
    ...(plan.privileged ? [setgroups(plan.groups)] : []),
    ...types.map(join),
    birthplace ? { do: 'fork', into: { resultOf: BIRTHPLACE } } : { do: 'fork' },
    // From here on it is known, and ends with the helper's socket if it ends too early.
    { do: 'sync', until: 'notes its pid' },
    // A root inside its mount namespace (a chroot) is only found through the process.
    ...(plan.hasRoot
      ? ([
          { call: 'fchdir', arguments: [handle(rootOf(plan.label))] },
          { call: 'chroot', arguments: ['.'] },
        ] as const)
      : []),
    // Before any path of the caller is used: it must not lead through one of these (CVE-2024-21626).
    { call: 'close_range', arguments: [FIRST_HANDLE, { text: '~0U', value: 0xffff_ffff }, 0] },
    ...commandCalls(plan.command),
  ];
}
