import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPolicy } from '../../../../helper/seccomp/policy.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const rule = { names: ['ioctl'], action: 'SCMP_ACT_ERRNO' };
const condition = { index: 1, op: 'SCMP_CMP_EQ', value: 21522 };
const withRule = (changes: object): object => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule, { ...rule, ...changes }] });
const withCondition = (changes: object): object => withRule({ args: [{ ...condition, ...changes }] });
const value = 'must be a whole number from 0 to 2^53-1, or one up to 2^64-1 as a string like "0xffffffff00000000"';
const action =
  'must be "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG" or "SCMP_ACT_TRAP"';

const refusals: readonly (readonly [unknown, string])[] = [
  [[], 'a seccomp policy must be an object'],
  [{}, `defaultAction ${action}`],
  [{ defaultAction: 'ALLOW' }, `defaultAction ${action}`],
  [{ defaultAction: 'SCMP_ACT_NOTIFY' }, `defaultAction ${action}`],
  [{ defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/run/x' }, '"listenerPath" is not a key of a seccomp policy'],
  [{ defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }, 'defaultErrnoRet means nothing with SCMP_ACT_ALLOW'],
  [{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 4096 }, 'defaultErrnoRet must be at most 4095'],
  [{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'constructor' }, 'defaultErrno must be the name of an errno, like EPERM'],
  [{ defaultAction: 'SCMP_ACT_ALLOW', syscalls: {} }, 'syscalls must be a list'],
  [
    { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_S390X'] },
    'architectures must name SCMP_ARCH_X86_64, the architecture of this machine',
  ],
  [
    { defaultAction: 'SCMP_ACT_ALLOW', archMap: [{ architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] }] },
    'archMap must name SCMP_ARCH_X86_64, the architecture of this machine',
  ],
  [withRule({ names: [] }), 'syscalls[1].names must have at least 1 element'],
  [withRule({ names: [1] }), 'syscalls[1].names[0] must be a string'],
  [withRule({ name: 'read' }), '"syscalls[1].name" is not a key of a seccomp policy'],
  [withRule({ action: undefined }), `syscalls[1].action ${action}`],
  [withRule({ errnoRet: -1 }), 'syscalls[1].errnoRet must be at least 0'],
  [withRule({ action: 'SCMP_ACT_ALLOW', errnoRet: 1 }), 'syscalls[1].errnoRet means nothing with SCMP_ACT_ALLOW'],
  [withRule({ action: 'SCMP_ACT_KILL', errno: 'EPERM' }), 'syscalls[1].errno means nothing with SCMP_ACT_KILL'],
  [withRule({ includes: { caps: ['SYS_ADMIN'] } }), 'syscalls[1].includes.caps[0] must be a capability, like CAP_SYS_ADMIN'],
  [withRule({ excludes: { minKernel: '4' } }), 'syscalls[1].excludes.minKernel must be a version of Linux, like 4.8'],
  [withCondition({ index: 6 }), 'syscalls[1].args[0].index must be at most 5'],
  [withCondition({ value: -1 }), `syscalls[1].args[0].value ${value}`],
  [withCondition({ value: 2 ** 53 }), `syscalls[1].args[0].value ${value}`],
  [withCondition({ value: '0x10000000000000000' }), `syscalls[1].args[0].value ${value}`],
  [withCondition({ value: '18446744073709551616' }), `syscalls[1].args[0].value ${value}`],
  [withCondition({ value: true }), 'syscalls[1].args[0].value must be a number or a string'],
  [withCondition({ valueTwo: 0.5 }), `syscalls[1].args[0].valueTwo ${value}`],
  [
    withCondition({ op: '==' }),
    'syscalls[1].args[0].op must be "SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GT", "SCMP_CMP_GE" or "SCMP_CMP_MASKED_EQ"',
  ],
  [
    withRule({ args: [condition, { ...condition, index: 0 }, condition] }),
    'syscalls[1].args[2].index is compared twice in one rule; write a rule for each comparison',
  ],
];

const read = (text: string) => readPolicy(text, '/etc/policy.json', 'x64');

describe('readPolicy', () => {
  for (const [policy, sentence] of refusals) {
    it(`says: ${sentence}`, () => {
      const message = `/etc/policy.json: ${sentence}.`;
      assert.throws(() => read(JSON.stringify(policy)), new Refusal('invalid', message, { subject: '/etc/policy.json' }));
    });
  }

  it('says where a file is no JSON', () => {
    assert.throws(() => read('{"defaultAction": }'), /^Refusal: \/etc\/policy\.json: no JSON: .+\.$/);
  });

  it('takes all 64 bits of an argument', () => {
    const [first] = read(JSON.stringify(withCondition({ value: '0xFFFFFFFF00000000', valueTwo: '18446744073709551615' }))).syscalls.slice(
      1,
    );
    assert.deepEqual(first?.args, [{ ...condition, value: 0xffff_ffff_0000_0000n, valueTwo: 0xffff_ffff_ffff_ffffn }]);
  });

  it('takes what Docker and Podman write beside', () => {
    const policy = read(
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ERRNO',
        defaultErrnoRet: 38,
        defaultErrno: 'ENOSYS',
        archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
        syscalls: [{ ...rule, args: null, comment: '', includes: {}, excludes: {}, errnoRet: 1, errno: 'EPERM' }],
      }),
    );
    assert.equal(policy.syscalls[0]?.errno, 1);
  });
});
