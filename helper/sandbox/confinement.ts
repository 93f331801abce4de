// From a definition to what holds its commands: the ones it runs, and the terminals that are opened in it.
import type { Limits as GroupLimits } from '../cgroup/limits.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { CgroupLimits, Limits } from '../protocol/definition/limits.ts';
import type { Security } from '../protocol/definition/security.ts';
import { defaultPolicy } from '../seccomp/default-policy.ts';
import { architecture, defaultFilter, filterHere } from '../seccomp/here.ts';
import { type Policy, readPolicy } from '../seccomp/policy.ts';
import { type Capability, capabilities, lastCapability } from '../security/capabilities.ts';
import type { Confinement } from '../security/confine.ts';
import type { Limits as Rlimits } from '../security/rlimits.ts';
import { Refusal } from '../sys/errors.ts';

/**
 * @param profile the text of the file that `security.seccomp` names
 * @throws Refusal `invalid` with the key and what is wrong there
 */
export function confinementOf({ limits, security }: Pick<Definition, 'limits' | 'security'>, profile: string | undefined): Confinement {
  const kept = keptBy(security);
  const policy = policyOf(security, profile);
  return {
    limits: rlimitsOf(limits, security),
    noNewPrivileges: security.noNewPrivileges,
    ...(kept && { capabilities: { kept, last: lastCapability() } }),
    ...(policy && { filter: filterFor(policy, kept) }),
  };
}

function filterFor(policy: Policy, kept: ReadonlySet<Capability> = new Set(capabilities)): Buffer {
  return policy === defaultPolicy ? defaultFilter(kept) : filterHere(policy, kept);
}

function keptBy({ capabilities: wanted }: Security): ReadonlySet<Capability> | undefined {
  if (wanted === 'all') return undefined;
  return new Set(
    wanted.map((name, index) => {
      const found = capabilities.find(each => each === name || each === `CAP_${name}`);
      if (!found) throw new Refusal('invalid', `security.capabilities[${index}]: ${name} is no capability of Linux.`, { subject: name });
      return found;
    }),
  );
}

function policyOf({ seccomp, dumpable }: Security, profile: string | undefined): Policy | undefined {
  const base =
    seccomp === 'none' ? undefined : seccomp === 'default' ? defaultPolicy : readPolicy(profile ?? '', seccomp.file, architecture);
  if (dumpable) return base;
  return { ...(base ?? everything), syscalls: [...(base?.syscalls ?? []), untraceable] };
}

const everything: Policy = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] };

/** PR_SET_DUMPABLE does not outlive execve(2); what looks into another process does not work in such a sandbox instead. */
const untraceable: Policy['syscalls'][number] = {
  names: ['ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd', 'kcmp'],
  action: 'SCMP_ACT_ERRNO',
};

const rlimitsOf = ({ files, rlimits, cpuSeconds }: Limits, { dumpable }: Security): Rlimits => ({
  ...(files !== undefined && { nofile: files }),
  ...(dumpable ? {} : { core: 0 }),
  // Besides what the helper counts of all processes together: one that spins while the helper is gone still ends, by
  // SIGXCPU, which says why.
  ...(cpuSeconds !== undefined && { cpu: { soft: Math.ceil(cpuSeconds) + 1, hard: Math.ceil(cpuSeconds) + 2 } }),
  ...rlimits,
});

/** `null` takes a limit away. */
export type NewLimits = { readonly [K in keyof CgroupLimits]?: CgroupLimits[K] | null };

const groupKeys = {
  memory: 'memoryBytes',
  swap: 'swapBytes',
  cpu: 'cpus',
  processes: 'processes',
  ioWeight: 'ioWeight',
} as const satisfies Record<keyof CgroupLimits, keyof GroupLimits>;

/** In the words of control groups. */
export const groupLimitsOf = (limits: NewLimits): GroupLimits =>
  Object.fromEntries(
    Object.entries(groupKeys).flatMap(([key, name]) => {
      const value = limits[key as keyof CgroupLimits];
      return value === undefined ? [] : [[name, value ?? (name === 'ioWeight' ? USUAL_WEIGHT : 'max')]];
    }),
  );

/** What every group has that nobody gave a weight. */
const USUAL_WEIGHT = 100;

/** A limit of control groups by the key of the definition. */
export const keyOf = (group: string): string => Object.entries(groupKeys).find(([, name]) => name === group)?.[0] ?? group;
