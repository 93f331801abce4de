// From a failed step of a plan to a sentence and a hint.
import { readFileSync } from 'node:fs';
import { noCommand } from '../entry/no-command.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Failure } from '../protocol/failure.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { StageFailed } from '../stage/run.ts';
import { Refusal, toFailure } from '../sys/errors.ts';
import { cloneFlagName } from '../sys/flags.ts';

/** Reads a sysctl by its path below /proc/sys; undefined where this kernel has none. */
export type ReadSysctl = (path: string) => string | undefined;

interface Hint {
  readonly call: string;
  readonly errno: string;
  /** What the call is for, where that makes a difference: the beginning of its name in the program. */
  readonly as?: string;
  readonly says: (subject: string, read: ReadSysctl) => string | undefined;
}

/** Settings that keep somebody from making user namespaces, and the value that does. */
const barriers: readonly { readonly path: string; readonly value: string }[] = [
  { path: 'kernel/apparmor_restrict_unprivileged_userns', value: '1' },
  { path: 'kernel/unprivileged_userns_clone', value: '0' },
];

const dotted = (path: string): string => path.replaceAll('/', '.');

function barrier(_: string, read: ReadSysctl): string {
  const found = barriers.find(({ path, value }) => read(path) === value);
  return found
    ? `${dotted(found.path)} is ${found.value}: with that this machine forbids new user namespaces.`
    : 'A security module or a seccomp filter of this machine forbids it: see its audit log.';
}

/** Of the types in a call the one with the lowest limit; the kernel does not say which it was. */
function lowestLimit(subject: string, read: ReadSysctl): string | undefined {
  const limits = namespaceTypes
    .filter(type => new RegExp(`\\b${cloneFlagName[type]}\\b`).test(subject))
    .flatMap((type): { path: string; value: number }[] => {
      const path = limitOf(type);
      const value = read(path);
      return value === undefined ? [] : [{ path, value: Number(value) }];
    })
    .sort((a, b) => a.value - b.value);
  const [lowest] = limits;
  return lowest && `A limit of namespaces is reached; the lowest is ${dotted(lowest.path)}, ${lowest.value}.`;
}

const limitOf = (type: NamespaceType): string => `user/max_${type}_namespaces`;

const always = (sentence: string) => (): string => sentence;

/** As mount-calls.ts and sources.ts name what they hold. */
const PLACE = 'place ';
const SOURCE = "caller's ";

/** What usually lies behind a failure that the errno alone does not explain. */
const hints: readonly Hint[] = [
  { call: 'unshare', errno: 'EPERM', says: barrier },
  { call: 'unshare', errno: 'ENOSPC', says: lowestLimit },
  { call: 'unshare', errno: 'EUSERS', says: always('Namespaces are nested too deeply; the limit is 32.') },
  { call: 'unshare', errno: 'EINVAL', says: always('This kernel lacks one of these namespaces; leave it out of "namespaces".') },
  ...['clone', 'clone3'].flatMap((call): Hint[] => [
    {
      call,
      errno: 'EAGAIN',
      says: always('A limit of processes is reached: of the user (ulimit -u), of a control group, or kernel.pid_max.'),
    },
    { call, errno: 'ENOMEM', says: always('The pid namespace that it would join has ended.') },
  ]),
  { call: 'mount', errno: 'ENODEV', says: always('This kernel lacks that file system; choose "root": "readonly" if it is overlay.') },
  {
    call: 'mount',
    errno: 'ENOSPC',
    says: (_, read) => `The limit of mounts is reached: fs.mount-max is ${read('fs/mount-max') ?? 'unknown'}.`,
  },
  { call: 'mount', errno: 'ENOENT', says: always('The directory must exist inside before something can be mounted there.') },
  { call: 'move_mount', errno: 'ENOTDIR', says: always('A file goes on a file and a directory on a directory.') },
  { call: 'move_mount', errno: 'EINVAL', says: always('A file goes on a file and a directory on a directory.') },
  { call: 'openat2', errno: 'ENOENT', as: PLACE, says: always('The path must exist inside before something can be mounted there.') },
  {
    call: 'openat2',
    errno: 'ELOOP',
    as: PLACE,
    says: always('It is a link, or one is on the way; a sandbox mounts only on what is really there.'),
  },
  { call: 'openat2', errno: 'ENOENT', as: SOURCE, says: always('The source of the mount does not exist.') },
  {
    call: 'openat2',
    errno: 'ELOOP',
    as: SOURCE,
    says: always('A link of /proc, like /proc/self/fd/3, is no source. Name the path that it leads to.'),
  },
  {
    call: 'openat2',
    errno: 'EACCES',
    as: SOURCE,
    says: always('You may not reach the source of the mount; root inside has no more rights outside than you.'),
  },
  { call: 'prlimit64', errno: 'EPERM', says: always("It is above the hard limit of Burrow's helper.") },
  { call: 'setns', errno: 'EPERM', says: always('What is joined belongs to a user namespace over which Burrow has no rights.') },
  { call: 'RTM_NEWLINK', errno: 'EOPNOTSUPP', says: always('This kernel has no veth; use "network": "none".') },
];

const readSysctl: ReadSysctl = path => {
  try {
    return readFileSync(`/proc/sys/${path}`, 'latin1').trim();
  } catch {
    return undefined;
  }
};

/** @param line of the plan, from 1, where it is known */
export function explainPlan(error: unknown, { name, command }: Definition, line: number | undefined, read = readSysctl): Refusal {
  if (error instanceof Refusal) return error;
  const missing = error instanceof StageFailed ? noCommand(error, command, name) : undefined;
  if (missing) return missing;
  const failure = toFailure(error, `Could not make sandbox ${name}`);
  const call = error instanceof StageFailed ? error.syscall : failure.syscall;
  const as = error instanceof StageFailed && 'as' in error.instruction ? (error.instruction.as ?? '') : '';
  const fitting = hints.find(each => each.call === call && each.errno === failure.errno && as.startsWith(each.as ?? ''));
  const hint = fitting?.says(failure.subject ?? '', read);
  const more: Partial<Failure> = { ...failure, ...(line !== undefined && { step: line }), ...(hint !== undefined && { hint }) };
  return new Refusal(failure.kind, failure.message, more);
}
