// From a failed step of a plan to a sentence and a hint.
import { noCommand } from '../entry/no-command.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Failure } from '../protocol/failure.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { StageFailed } from '../stage/run.ts';
import { Refusal, toFailure } from '../sys/errors.ts';
import { cloneFlagName } from '../sys/flags.ts';
import { type ReadSysctl, readSysctl, whyRefused } from './namespace-refusals.ts';

interface Hint {
  readonly call: string;
  readonly errno: string;
  /** What the call is for, where that makes a difference: the beginning of its name in the program. */
  readonly as?: string;
  readonly says: (subject: string, read: ReadSysctl) => string | undefined;
}

/** unshare(2) of the types that its subject names. */
const refused =
  (errno: string) =>
  (subject: string, read: ReadSysctl): string | undefined => {
    const types = namespaceTypes.filter(type => new RegExp(`\\b${cloneFlagName[type]}\\b`).test(subject));
    const why = whyRefused(errno, types, read);
    return why && `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
  };

const always = (sentence: string) => (): string => sentence;

/** As mount-calls.ts and sources.ts name what they hold. */
const PLACE = 'place ';
const SOURCE = "caller's ";

/** What usually lies behind a failure that the errno alone does not explain. */
const hints: readonly Hint[] = [
  ...['EPERM', 'ENOSPC', 'EUSERS'].map((errno): Hint => ({ call: 'unshare', errno, says: refused(errno) })),
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
  {
    call: 'chdir',
    errno: 'ENOENT',
    says: always('The command\'s "directory" must exist inside: make it there, or mount something at it.'),
  },
  { call: 'chdir', errno: 'ENOTDIR', says: always('The command\'s "directory" is none inside.') },
  {
    call: 'chdir',
    errno: 'EACCES',
    says: always('The command\'s user may not enter its "directory": choose another one, or another "user".'),
  },
  { call: 'prlimit64', errno: 'EPERM', says: always("It is above the hard limit of Burrow's helper.") },
  { call: 'setns', errno: 'EPERM', says: always('What is joined belongs to a user namespace over which Burrow has no rights.') },
  { call: 'RTM_NEWLINK', errno: 'EOPNOTSUPP', says: always('This kernel has no veth; use "network": "none".') },
];

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
