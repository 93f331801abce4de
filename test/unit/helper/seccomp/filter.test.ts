import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Circumstances } from '../../../../helper/seccomp/decide.ts';
import { defaultPolicy } from '../../../../helper/seccomp/default-policy.ts';
import { filterOf, install } from '../../../../helper/seccomp/filter.ts';
import { Policy, type PolicyInput } from '../../../../helper/seccomp/policy.ts';
import { syscallNumbers } from '../../../../helper/seccomp/syscall-table.ts';
import { describe as show } from '../../../../helper/stage/program.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';
import { run } from './interpreter.ts';

const here: Circumstances = { architecture: 'x64', kernel: '6.18.0', capabilities: new Set() };
const X86_64 = 0xc000_003e;
const ALLOW = 0x7fff_0000;

describe('filterOf', () => {
  const deadEnds: readonly PolicyInput[] = [
    { defaultAction: 'SCMP_ACT_KILL' },
    { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }] },
    { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['execve'], action: 'SCMP_ACT_ERRNO' }] },
  ];
  for (const policy of deadEnds) {
    it(`refuses ${JSON.stringify(policy)}`, () => {
      const message = 'The seccomp policy does not allow execve, so no command could be started under it.';
      assert.throws(() => filterOf(Policy.parse(policy), here), new Refusal('invalid', message));
    });
  }

  it('takes one under which execve is only logged', () => {
    const policy = Policy.parse({ defaultAction: 'SCMP_ACT_KILL', syscalls: [{ names: ['execve'], action: 'SCMP_ACT_LOG' }] });
    assert.ok(filterOf(policy, here).length > 0);
  });
});

describe('the default policy', () => {
  const filter = filterOf(defaultPolicy, here);
  const answer = (name: string, ...args: readonly bigint[]): number =>
    run(filter, { nr: syscallNumbers.x64.get(name) ?? assert.fail(name), arch: X86_64, args });

  it('names only calls that there are, and each once but for its conditions', () => {
    const names = defaultPolicy.syscalls.flatMap(rule => (rule.args ? [] : rule.names));
    assert.deepEqual(
      names.filter(name => !syscallNumbers.x64.has(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
  });

  it('gives a reason for each', () => assert.ok(defaultPolicy.syscalls.every(({ comment }) => comment?.endsWith('.'))));

  it('leaves all that namespaces are made of', () => {
    const wanted = [
      'unshare',
      'setns',
      'clone',
      'clone3',
      'mount',
      'umount2',
      'pivot_root',
      'chroot',
      'fsopen',
      'move_mount',
      'sethostname',
      'ptrace',
    ];
    assert.deepEqual(
      wanted.filter(name => answer(name, (1n << 64n) - 1n, (1n << 64n) - 1n) !== ALLOW),
      [],
    );
  });

  it('compares the half of an int that the kernel looks at (CVE-2019-10063)', () => {
    for (const upper of [0n, 1n << 32n, 0xffff_ffffn << 32n]) {
      assert.equal(answer('ioctl', 0n, upper + 0x5412n), 0x0005_0001, 'TIOCSTI');
      assert.equal(answer('ioctl', 0n, upper + 0x541cn), 0x0005_0001, 'TIOCLINUX');
      assert.equal(answer('ioctl', 0n, upper + 0x5413n), ALLOW, 'TIOCGWINSZ');
      assert.equal(answer('socket', upper + 40n), 0x0005_0061, 'AF_VSOCK');
      assert.equal(answer('socket', upper + 1n), ALLOW, 'AF_UNIX');
    }
  });
});

describe('install', () => {
  it('is shown by the length of the filter', () =>
    assert.equal(show(install(Buffer.alloc(24))), 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=3, filter})'));
});
