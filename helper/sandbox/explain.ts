// From a failed step of a plan to a sentence and a hint.
import type { Definition } from '../protocol/definition/definition.ts';
import type { Failure } from '../protocol/failure.ts';
import { StageFailed } from '../stage/run.ts';
import { Refusal, toFailure } from '../sys/errors.ts';

interface Hint {
  readonly call: string;
  readonly errno: string;
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
  { call: 'move_mount', errno: 'ENOENT', says: 'The path must exist inside before something can be mounted there.' },
  { call: 'open_tree', errno: 'ENOENT', says: 'The source of the bind mount does not exist.' },
  {
    call: 'open_tree',
    errno: 'EACCES',
    says: 'You may not reach the source of the bind mount; root inside has no more rights outside than you.',
  },
  { call: 'RTM_NEWLINK', errno: 'EOPNOTSUPP', says: 'This kernel has no veth; use "network": "none".' },
];

/** @param line of the plan, from 1, where it is known */
export function explainPlan(error: unknown, { name }: Definition, line: number | undefined): Refusal {
  if (error instanceof Refusal) return error;
  const failure = toFailure(error, `Could not make sandbox ${name}`);
  const call = error instanceof StageFailed ? error.syscall : failure.syscall;
  const hint = hints.find(each => each.call === call && each.errno === failure.errno)?.says;
  const more: Partial<Failure> = { ...failure, ...(line !== undefined && { step: line }), ...(hint !== undefined && { hint }) };
  return new Refusal(failure.kind, failure.message, more);
}
