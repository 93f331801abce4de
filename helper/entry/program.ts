// The stage program that enters a target and becomes a command. Pure: a table of calls, made from
// what was found out about the target.
import { BIRTHPLACE, birthplaceAmong, joinCalls } from '../cgroup/join.ts';
import type { Place } from '../cgroup/layout.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { setCapabilities } from '../security/capabilities.ts';
import { keepOverChangeOfUser } from '../security/confine.ts';
import { prelude, setgroups } from '../stage/calls.ts';
import { FIRST_HANDLE } from '../stage/encode.ts';
import type { Argument, Call, Instruction, Program } from '../stage/program.ts';
import { AT_EMPTY_PATH, AT_RECURSIVE, cloneFlag, cloneFlagName, O_CLOEXEC, OPEN_TREE_CLONE } from '../sys/flags.ts';
import type { AsWhom } from './as-whom.ts';
import { type Command, commandCalls } from './command.ts';
import { STARTUP_FD } from './integration/integration.ts';
import type { LsmLabel } from './lsm-label.ts';
import { beforeSeen, FILES, leaveMounts, type View, viewCalls } from './view.ts';

export interface EntryPlan {
  /** The namespaces to join. */
  readonly types: readonly NamespaceType[];
  readonly label: string;
  /** The target's root directory becomes the command's. */
  readonly hasRoot: boolean;
  /** May the helper change its groups and join without owning the user namespace? */
  readonly privileged: boolean;
  readonly as: Pick<AsWhom, 'outside' | 'isMapped'>;
  /** A sandbox's control groups, which are entered as the host's root. */
  readonly places: readonly Place[];
  /** Those of another target, which are held open. */
  readonly memberships: readonly { readonly version: 1 | 2; readonly path: string }[];
  /** How the host's files are seen; absent where they stay as they are, or are not seen. */
  readonly view: View | undefined;
  /** The target's mnt namespace is another than the host's; only for `view.tools`. */
  readonly hasMounts: boolean;
  /** The shell is handed its startup directory. */
  readonly hasStartupDirectory: boolean;
  readonly lsm: LsmLabel | undefined;
  readonly command: Command;
}

/**
 * With all privileges the user namespace comes last: it takes away the right to join what it does not
 * own (bubblewrap's own namespaces, say). Without, it comes first: it is what gives that right. The cgroup
 * namespace waits for the fork: where cgroup2 is mounted with `nsdelegate`, as systemd always does, no process
 * leaves a namespace's part of the tree for another group (ENOENT, cgroups(7)), nor has a child that is born elsewhere.
 */
const joinOrder: readonly NamespaceType[] = ['ipc', 'uts', 'net', 'pid', 'time', 'mnt'];

export const handleOf = (type: NamespaceType, label: string): string => `${type} of ${label}`;
export const rootOf = (label: string): string => `root of ${label}`;
export const groupOf = (path: string): string => `group ${path}`;
export const STARTUP_DIRECTORY = 'startup directory of the shell';
export const OWN_MOUNTS = 'mnt of this machine';
export const OWN_PROC = '/proc of this machine';

const handle = (of: string): Argument => ({ handle: of });

const join = (type: NamespaceType, of: string): Call => ({
  call: 'setns',
  arguments: [handle(of), { text: cloneFlagName[type], value: cloneFlag[type] }],
});

export function entryProgram(plan: EntryPlan): Program {
  const { types, label, privileged, view } = plan;
  const joined = (...wanted: readonly NamespaceType[]): Call[] =>
    wanted.filter(type => types.includes(type)).map(type => join(type, handleOf(type, label)));
  const user = [...(privileged && !plan.as.isMapped ? becomeOutside(plan.as) : []), ...joined('user')];
  return [
    ...prelude,
    ...intoGroups(plan),
    // The helper's own groups are not for the target. Inside, the kernel may refuse to change them.
    ...(privileged ? [setgroups(plan.as.outside.groups)] : []),
    ...(view?.tools ? holdFiles(plan) : []),
    ...(view ? leaveMounts(view) : []),
    ...(privileged ? joined(...joinOrder) : joined('user', ...joinOrder)),
    ...(view?.closed ? [...beforeSeen(view), keepOnly(plan)] : []),
    fork(plan),
    ...joined('cgroup'),
    // From here on it is known, and ends with the helper's socket if it ends too early.
    { do: 'sync', until: 'notes its pid' },
    // Of the namespaces that are joined, with the host's rights: those end with the user namespace.
    ...(view ? viewCalls(view) : []),
    ...(privileged ? user : []),
    // A root inside its mount namespace (a chroot) is only found through the process.
    ...(plan.hasRoot
      ? ([
          { call: 'fchdir', arguments: [handle(rootOf(label))] },
          { call: 'chroot', arguments: ['.'] },
        ] as const)
      : []),
    ...(plan.lsm ? labelled(plan.lsm) : []),
    // Before any path of the caller is used: it must not lead through one of these (CVE-2024-21626).
    ...(plan.hasStartupDirectory ? closeAllButStartup : [closeFrom(FIRST_HANDLE)]),
    ...commandCalls(plan.command),
  ];
}

const closeFrom = (first: number): Call => ({ call: 'close_range', arguments: [first, { text: '~0U', value: 0xffff_ffff }, 0] });

/** It cannot be written to, and its own script closes it first of all. */
const closeAllButStartup: readonly Call[] = [
  { call: 'dup3', arguments: [handle(STARTUP_DIRECTORY), STARTUP_FD, 0] },
  { call: 'close_range', arguments: [FIRST_HANDLE, STARTUP_FD - 1, 0] },
  closeFrom(STARTUP_FD + 1),
];

/** See joinCalls: one thread by itself on v1, and none at all on v2, where the process is born into the group. */
function intoGroups({ places, memberships }: EntryPlan): Call[] {
  const birthplace = birthplaceAmong(places);
  return [
    ...joinCalls(places.filter(each => each.hierarchy.version === 1)),
    ...memberships
      .filter(({ version }) => version === 1)
      .map(({ path }): Call => ({ call: 'write', arguments: [handle(groupOf(path)), '0', 1] })),
    ...(birthplace ? [birthplace] : []),
  ];
}

function fork({ places, memberships }: EntryPlan): Instruction {
  if (birthplaceAmong(places)) return { do: 'fork', into: { resultOf: BIRTHPLACE } };
  const born = memberships.find(({ version }) => version === 2);
  return born ? { do: 'fork', into: handle(groupOf(born.path)) } : { do: 'fork' };
}

/** The target's files, as a mount that can be placed among those of this machine. Only from within their namespace can it be made. */
function holdFiles({ label, hasMounts }: EntryPlan): Call[] {
  const depth = { text: 'OPEN_TREE_CLONE|AT_EMPTY_PATH|AT_RECURSIVE|OPEN_TREE_CLOEXEC' } as const;
  const how = { ...depth, value: OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE | O_CLOEXEC };
  const hold: Call = { call: 'open_tree', arguments: [handle(rootOf(label)), '', how], as: FILES };
  return hasMounts ? [join('mnt', handleOf('mnt', label)), hold, join('mnt', OWN_MOUNTS)] : [hold];
}

/** An id without a number in the user namespace cannot be taken on in there. Its capabilities last until that is joined. */
const becomeOutside = ({ outside: { uid, gid } }: EntryPlan['as']): Call[] => [
  keepOverChangeOfUser,
  { call: 'setresgid', arguments: [gid, gid, gid] },
  { call: 'setresuid', arguments: [uid, uid, uid] },
  setCapabilities(new Set(['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT', 'CAP_SETPCAP'])),
];

/** What is seen in there has no more rights than it needs until it is the command. With a user namespace it gets all in that. */
function keepOnly({ types, command: { confinement } }: EntryPlan): Call {
  const { kept = [], ambient = [], inheritable = [] } = (!types.includes('user') && confinement.capabilities) || {};
  return setCapabilities(new Set([...kept, ...ambient, ...inheritable, 'CAP_SYS_ADMIN', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP']));
}

/** By the host's /proc: what is mounted at /proc inside may be anything (CVE-2019-16884). */
const labelled = ({ attribute, value, text }: LsmLabel): Call[] => [
  {
    call: 'openat',
    arguments: [handle(OWN_PROC), `self/attr/${attribute}`, { text: 'O_WRONLY|O_CLOEXEC', value: 1 | O_CLOEXEC }, 0],
    as: `label ${text}`,
  },
  { call: 'write', arguments: [{ resultOf: `label ${text}` }, value, Buffer.byteLength(value)] },
];
