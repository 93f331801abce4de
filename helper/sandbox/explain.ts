// From a failed step of a plan to a sentence and a hint.
import { noCommand } from '../entry/no-command.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Failure } from '../protocol/failure.ts';
import { StageFailed } from '../stage/run.ts';
import { Refusal, toFailure } from '../sys/errors.ts';

interface Hint {
  readonly call: string;
  readonly errno: string;
  /** What the call is for, where that makes a difference: the beginning of its name in the program. */
  readonly as?: string;
  readonly says: string;
}

/** What usually lies behind a failure that the errno alone does not explain. */
const hints: readonly Hint[] = [
  {
    call: 'unshare',
    errno: 'EPERM',
    says: 'A setting forbids new user namespaces: see kernel.apparmor_restrict_unprivileged_userns and kernel.unprivileged_userns_clone.',
  },
  { call: 'unshare', errno: 'ENOSPC', says: 'The limit of namespaces is reached: see /proc/sys/user/max_*_namespaces.' },
  { call: 'unshare', errno: 'EUSERS', says: 'Namespaces are nested too deeply; the limit is 32.' },
  { call: 'mount', errno: 'ENODEV', says: 'This kernel lacks that file system; choose "root": "readonly" if it is overlay.' },
  { call: 'mount', errno: 'ENOSPC', says: 'The limit of mounts is reached: see /proc/sys/fs/mount-max.' },
  { call: 'mount', errno: 'ENOENT', says: 'The directory must exist inside before something can be mounted there.' },
  { call: 'openat2', errno: 'ENOENT', as: 'place ', says: 'The path must exist inside before something can be mounted there.' },
  { call: 'openat2', errno: 'ELOOP', as: 'place ', says: 'In a root file system that somebody else made no link is followed to a place.' },
  { call: 'openat2', errno: 'ENOENT', as: "caller's ", says: 'What is mounted must exist outside.' },
  {
    call: 'openat2',
    errno: 'EACCES',
    as: "caller's ",
    says: 'You may not reach the source of the mount; root inside has no more rights outside than you.',
  },
  {
    call: 'openat2',
    errno: 'ELOOP',
    as: "caller's ",
    says: 'A link of /proc, like /proc/self/fd/3, is no source. Name the path that it leads to.',
  },
  { call: 'RTM_NEWLINK', errno: 'EOPNOTSUPP', says: 'This kernel has no veth; use "network": "none".' },
];

/** @param line of the plan, from 1, where it is known */
export function explainPlan(error: unknown, { name, command }: Definition, line: number | undefined): Refusal {
  if (error instanceof Refusal) return error;
  const missing = error instanceof StageFailed ? noCommand(error, command, name) : undefined;
  if (missing) return missing;
  const failure = toFailure(error, `Could not make sandbox ${name}`);
  const call = error instanceof StageFailed ? error.syscall : failure.syscall;
  const as = error instanceof StageFailed && 'as' in error.instruction ? (error.instruction.as ?? '') : '';
  const hint = hints.find(each => each.call === call && each.errno === failure.errno && as.startsWith(each.as ?? ''))?.says;
  const more: Partial<Failure> = { ...failure, ...(line !== undefined && { step: line }), ...(hint !== undefined && { hint }) };
  return new Refusal(failure.kind, failure.message, more);
}
