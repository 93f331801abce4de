// A policy → the filter that a command runs under, and the call that puts it there.
import type { Call } from '../stage/program.ts';
import { Refusal } from '../sys/errors.ts';
import { SECCOMP_SET_MODE_FILTER, seccompReturn } from '../sys/flags.ts';
import { compile } from './compile.ts';
import { type Circumstances, decide } from './decide.ts';
import type { Policy } from './policy.ts';
import { syscallNumbers } from './syscall-table.ts';

/**
 * struct sock_filter[] for a policy on this machine.
 * @throws Refusal `invalid` when it is longer than the kernel takes, or no command could be executed under it
 */
export function filterOf(policy: Policy, circumstances: Circumstances): Buffer {
  const decisions = decide(policy, circumstances);
  const execve = decisions.byNumber.get(syscallNumbers[circumstances.architecture].get('execve') ?? -1) ?? {
    cases: [],
    otherwise: decisions.otherwise,
  };
  // The stage is under the filter when it executes the command; one that kills it could not even say so.
  if (![execve.otherwise, ...execve.cases.map(each => each.answer)].some(passes))
    throw new Refusal('invalid', 'The seccomp policy does not allow execve, so no command could be started under it.');
  return compile(decisions, circumstances.architecture);
}

const passes = (answer: number): boolean => answer === seccompReturn.SECCOMP_RET_ALLOW || answer === seccompReturn.SECCOMP_RET_LOG;

/** Needs no_new_privs, or CAP_SYS_ADMIN in the user namespace: EACCES without either, seccomp(2). */
export const install = (filter: Uint8Array): Call => ({
  call: 'seccomp',
  arguments: [{ text: 'SECCOMP_SET_MODE_FILTER', value: SECCOMP_SET_MODE_FILTER }, 0, { filter }],
});
