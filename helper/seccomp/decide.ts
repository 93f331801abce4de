// What a policy answers on one machine: what of it applies here, by number, in the kernel's words.
import { seccompReturn } from '../sys/flags.ts';
import type { Action, Condition, Policy } from './policy.ts';
import { type Architecture, syscallNumbers } from './syscall-table.ts';

export interface Circumstances {
  readonly architecture: Architecture;
  /** `6.18.4-generic`, as uname(2) has it. */
  readonly kernel: string;
  /** The names of the capabilities in the bounding set of the command. */
  readonly capabilities: ReadonlySet<string>;
}

/** A return value of seccomp(2) where all conditions hold. */
export interface Case {
  readonly conditions: readonly Condition[];
  readonly answer: number;
}

/** The first case that holds answers, or else `otherwise`. */
export interface Decision {
  readonly cases: readonly Case[];
  readonly otherwise: number;
}

export interface Decisions {
  readonly byNumber: ReadonlyMap<number, Decision>;
  /** Of all calls that the policy does not name. */
  readonly otherwise: number;
}

const EPERM = 1;

const returns: Readonly<Record<Action, number>> = {
  SCMP_ACT_ALLOW: seccompReturn.SECCOMP_RET_ALLOW,
  SCMP_ACT_ERRNO: seccompReturn.SECCOMP_RET_ERRNO,
  SCMP_ACT_KILL: seccompReturn.SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_PROCESS: seccompReturn.SECCOMP_RET_KILL_PROCESS,
  SCMP_ACT_KILL_THREAD: seccompReturn.SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_LOG: seccompReturn.SECCOMP_RET_LOG,
  SCMP_ACT_TRAP: seccompReturn.SECCOMP_RET_TRAP,
};

/** The names that Docker's profiles have for the architectures. */
const dockerNames: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

const answerOf = (action: Action, errno: number | undefined): number =>
  action === 'SCMP_ACT_ERRNO' ? returns[action] + (errno ?? EPERM) : returns[action];

/**
 * Rules about one call add up as in runc: one that says what the default says counts for nothing, then
 * the first without conditions decides, and else the first whose conditions all hold.
 */
export function decide(policy: Policy, circumstances: Circumstances): Decisions {
  const otherwise = answerOf(policy.defaultAction, policy.defaultErrno ?? policy.defaultErrnoRet);
  const cases = new Map<number, Case[]>();
  const numbers = syscallNumbers[circumstances.architecture];
  for (const rule of policy.syscalls) {
    const answer = answerOf(rule.action, rule.errno ?? rule.errnoRet);
    if (answer === otherwise || !applies(rule, circumstances)) continue;
    for (const name of rule.names) {
      const number = numbers.get(name);
      if (number === undefined) continue; // of another architecture, or newer than the table
      const known = cases.get(number);
      const added: Case = { conditions: rule.args ?? [], answer };
      if (known) known.push(added);
      else cases.set(number, [added]);
    }
  }
  return { byNumber: new Map([...cases].map(([number, all]) => [number, decision(all, otherwise)])), otherwise };
}

function decision(cases: readonly Case[], otherwise: number): Decision {
  const always = cases.find(({ conditions }) => conditions.length === 0);
  return always ? { cases: [], otherwise: always.answer } : { cases, otherwise };
}

function applies({ includes, excludes }: Policy['syscalls'][number], { architecture, kernel, capabilities }: Circumstances): boolean {
  const arch = dockerNames[architecture];
  return (
    (includes?.caps ?? []).every(each => capabilities.has(each)) &&
    !(excludes?.caps ?? []).some(each => capabilities.has(each)) &&
    (!includes?.arches?.length || includes.arches.includes(arch)) &&
    !excludes?.arches?.includes(arch) &&
    (includes?.minKernel === undefined || isAtLeast(kernel, includes.minKernel)) &&
    (excludes?.minKernel === undefined || !isAtLeast(kernel, excludes.minKernel))
  );
}

function isAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(part => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
