// The stage program that enters a target and becomes a command. Pure: a table of calls, made from
// what was found out about the target.
import type { NamespaceType } from '../protocol/model.ts';
import { prelude, setgroups } from '../stage/calls.ts';
import { FIRST_HANDLE } from '../stage/encode.ts';
import type { Argument, Call, Instruction, Program } from '../stage/program.ts';
import { cloneFlag, cloneFlagName, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, TIOCSCTTY } from '../sys/flags.ts';

export interface EntryPlan {
  /** The namespaces to join. */
  readonly types: readonly NamespaceType[];
  readonly label: string;
  readonly hasRoot: boolean;
  /** May the helper change its groups and join without owning the user namespace? */
  readonly privileged: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Capabilities, by number, that the command and its children can never have. */
  readonly withheld: readonly number[];
  readonly noNewPrivileges: boolean;
  /** Supplementary groups, as ids outside. */
  readonly groups: readonly number[];
  readonly terminal: boolean;
  readonly directory: string;
  /** The commands to try, the first that exists wins. */
  readonly candidates: readonly (readonly string[])[];
  readonly environment: Readonly<Record<string, string>>;
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

  const program: Instruction[] = [
    ...prelude,
    // The helper's own groups are not for the target. Inside, the kernel may refuse to change them.
    ...(plan.privileged ? [setgroups(plan.groups)] : []),
    ...types.map(join),
    { do: 'fork' },
    // From here on it is known, and ends with the helper's socket if it ends too early.
    { do: 'sync', until: 'notes its pid' },
  ];
  if (plan.hasRoot) {
    // A root inside its mount namespace (a chroot) is only found through the process.
    program.push({ call: 'fchdir', arguments: [handle(rootOf(plan.label))] }, { call: 'chroot', arguments: ['.'] });
  }
  // Before any path of the caller is used: it must not lead through one of these (CVE-2024-21626).
  program.push({ call: 'close_range', arguments: [FIRST_HANDLE, { text: '~0U', value: 0xffff_ffff }, 0] });
  program.push(...plan.withheld.map(withhold), ...(plan.noNewPrivileges ? [noNewPrivileges] : []));
  program.push(
    { call: 'setresgid', arguments: [plan.gid, plan.gid, plan.gid] },
    { call: 'setresuid', arguments: [plan.uid, plan.uid, plan.uid] },
  );
  program.push({ call: 'setsid', arguments: [] });
  if (plan.terminal) program.push({ call: 'ioctl', arguments: [0, { text: 'TIOCSCTTY', value: TIOCSCTTY }, 0] });
  program.push({ call: 'umask', arguments: [{ text: '022', value: 0o022 }] });
  program.push({ call: 'chdir', arguments: ['/'] });
  if (plan.directory !== '/') program.push({ call: 'chdir', arguments: [plan.directory], tolerate: 'all' });
  return [...program, ...attempts(plan)];
}

const withhold = (capability: number): Call => ({
  call: 'prctl',
  arguments: [{ text: 'PR_CAPBSET_DROP', value: PR_CAPBSET_DROP }, capability],
});
const noNewPrivileges: Call = { call: 'prctl', arguments: [{ text: 'PR_SET_NO_NEW_PRIVS', value: PR_SET_NO_NEW_PRIVS }, 1, 0, 0, 0] };

/** One execve(2) for each place where the command may be; the last one's errno is the answer. */
function attempts({ candidates, environment }: EntryPlan): Call[] {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const places = candidates.flatMap(command => placesOf(command[0] ?? '', environment['PATH'] ?? '').map(path => ({ path, command })));
  return places.map(({ path, command }, index) => ({
    call: 'execve',
    arguments: [path, { strings: command }, { strings: variables }],
    ...(index < places.length - 1 && { tolerate: ['ENOENT', 'EACCES', 'ENOTDIR'] }),
  }));
}

const placesOf = (name: string, path: string): string[] =>
  name.includes('/') ? [name] : path.split(':').map(directory => `${directory || '.'}/${name}`);
