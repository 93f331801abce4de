import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Circumstances, type Decision, decide } from '../../../../helper/seccomp/decide.ts';
import { Policy, type PolicyInput } from '../../../../helper/seccomp/policy.ts';

const ALLOW = 0x7fff_0000;
const EPERM = 0x0005_0001;
const PTRACE = 101;
const here: Circumstances = { architecture: 'x64', kernel: '6.1.0-13-amd64', capabilities: new Set(['CAP_SYS_PTRACE']) };

type Rule = NonNullable<PolicyInput['syscalls']>[number];
const condition = { index: 0, op: 'SCMP_CMP_EQ', value: 1 } as const;

/** What is decided about ptrace by rules that come over a default of EPERM. */
function ptrace(...rules: readonly Partial<Rule>[]): Decision | undefined {
  const syscalls = rules.map(rule => ({ names: ['ptrace'], action: 'SCMP_ACT_ALLOW' as const, ...rule }));
  return decide(Policy.parse({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }), here).byNumber.get(PTRACE);
}

describe('decide', () => {
  const always = { cases: [], otherwise: ALLOW };
  const table: readonly (readonly [string, Partial<Rule>, boolean])[] = [
    ['includes of capabilities that are kept', { includes: { caps: ['CAP_SYS_PTRACE'] } }, true],
    ['includes of one that is not kept', { includes: { caps: ['CAP_SYS_PTRACE', 'CAP_SYS_ADMIN'] } }, false],
    ['excludes of one that is kept', { excludes: { caps: ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE'] } }, false],
    ['excludes of one that is not kept', { excludes: { caps: ['CAP_SYS_ADMIN'] } }, true],
    ['includes of this architecture', { includes: { arches: ['arm64', 'amd64'] } }, true],
    ['includes of another architecture', { includes: { arches: ['s390x'] } }, false],
    ['excludes of this architecture', { excludes: { arches: ['amd64'] } }, false],
    ['includes of an older kernel', { includes: { minKernel: '4.8' } }, true],
    ['includes of this very kernel', { includes: { minKernel: '6.1' } }, true],
    ['includes of a newer kernel', { includes: { minKernel: '6.10' } }, false],
    ['excludes of an older kernel', { excludes: { minKernel: '5.19' } }, false],
    ['excludes of a newer kernel', { excludes: { minKernel: '7.0' } }, true],
    ['empty lists', { includes: { caps: [], arches: [] }, excludes: {}, args: [] }, true],
    ['nothing, as Podman writes it', { includes: null, excludes: null, args: null }, true],
  ];
  for (const [what, rule, counts] of table)
    it(`${counts ? 'takes' : 'leaves out'} a rule with ${what}`, () => assert.deepEqual(ptrace(rule), counts ? always : undefined));

  it('lets the first rule without conditions decide, wherever it stands', () => {
    assert.deepEqual(ptrace({ args: [condition], action: 'SCMP_ACT_KILL' }, {}, { action: 'SCMP_ACT_TRAP' }), always);
  });

  it('counts for nothing what says what the default says', () => {
    const wanted = { cases: [{ conditions: [{ ...condition, value: 1n, valueTwo: 0n }], answer: ALLOW }], otherwise: EPERM };
    assert.deepEqual(ptrace({ action: 'SCMP_ACT_ERRNO', errnoRet: 1 }, { args: [condition] }), wanted);
  });

  it('skips names that this architecture does not have', () => {
    const policy = Policy.parse({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['arm_fadvise64_64', 'ptrace'], action: 'SCMP_ACT_ALLOW' }],
    });
    assert.deepEqual([...decide(policy, here).byNumber.keys()], [PTRACE]);
  });

  it('answers with the errno that is named, and else with EPERM', () => {
    const otherwise = (policy: PolicyInput): number => decide(Policy.parse(policy), here).otherwise;
    assert.equal(otherwise({ defaultAction: 'SCMP_ACT_ERRNO' }), EPERM);
    assert.equal(otherwise({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 }), 0x0005_0026);
    assert.equal(otherwise({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, defaultErrno: 'ENOSYS' }), 0x0005_0026);
  });
});
