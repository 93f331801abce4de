import assert from 'node:assert/strict';
import { release } from 'node:os';
import { arch } from 'node:process';
import { describe, it } from 'node:test';
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import { umaskOf } from '../../../../helper/protocol/definition/security.ts';
import { confinementOf, groupLimitsOf, keyOf } from '../../../../helper/sandbox/confinement.ts';
import type { Circumstances } from '../../../../helper/seccomp/decide.ts';
import { defaultPolicy } from '../../../../helper/seccomp/default-policy.ts';
import { filterOf } from '../../../../helper/seccomp/filter.ts';
import { readPolicy } from '../../../../helper/seccomp/policy.ts';
import { capabilities, lastCapability } from '../../../../helper/security/capabilities.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const of = (definition: Partial<DefinitionInput>, profile?: string) =>
  confinementOf(Definition.parse({ name: 'web', ...definition }), profile);
const architecture = arch === 'arm64' ? 'arm64' : 'x64';
const circumstances: Circumstances = { architecture, kernel: release(), capabilities: new Set(capabilities) };
const file = { file: '/etc/policy.json' };

describe('confinementOf', () => {
  it('without a word leaves root inside all but the calls of the default policy', () => {
    const { filter, ...others } = of({});
    assert.deepEqual(others, { limits: {}, noNewPrivileges: false });
    assert.deepEqual(filter, filterOf(defaultPolicy, circumstances));
  });

  it('seccomp none: is no filter', () => assert.deepEqual(of({ security: { seccomp: 'none' } }), { limits: {}, noNewPrivileges: false }));

  it('capabilities: with and without CAP_, and none at all', () => {
    const keptOf = (names: string[]) => of({ security: { capabilities: names, seccomp: 'none' } }).capabilities;
    assert.deepEqual(keptOf(['CAP_KILL', 'NET_ADMIN']), { kept: new Set(['CAP_KILL', 'CAP_NET_ADMIN']), last: lastCapability() });
    assert.deepEqual(keptOf([]), { kept: new Set(), last: lastCapability() });
  });

  it('capabilities: refuses what Linux has not, naming the place', () =>
    assert.throws(
      () => of({ security: { capabilities: ['KILL', 'CAP_FLY'] } }),
      new Refusal('invalid', 'security.capabilities[1]: CAP_FLY is no capability of Linux.', { subject: 'CAP_FLY' }),
    ));

  it('capabilities: decide what a policy lets through', () => {
    const rule = '{"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}';
    const text = `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_ALLOW"}, ${rule}]}`;
    const filterWith = (names: string[]) => of({ security: { capabilities: names, seccomp: file } }, text).filter;
    assert.deepEqual(filterWith(['KILL', 'SYS_ADMIN']), of({ security: { seccomp: file } }, text).filter);
    assert.notDeepEqual(filterWith(['KILL']), filterWith(['KILL', 'SYS_ADMIN']));
  });

  it('seccomp file: is the policy of that text', () => {
    const text = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}';
    const policy = readPolicy(text, file.file, architecture);
    assert.deepEqual(of({ security: { seccomp: file } }, text).filter, filterOf(policy, circumstances));
  });

  it('seccomp file: names the file of a text that is none', () => {
    for (const text of ['', '{', '{"defaultAction": "SCMP_ACT_FLY"}'])
      assert.throws(
        () => of({ security: { seccomp: file } }, text),
        (error: unknown) => error instanceof Refusal && error.failure.kind === 'invalid' && error.message.startsWith('/etc/policy.json: '),
      );
  });

  it('dumpable false: shuts ptrace and core dumps, also without any other filter', () => {
    const { filter, limits } = of({ security: { dumpable: false, seccomp: 'none' } });
    assert.deepEqual(limits, { core: 0 });
    assert.ok(filter && filter.length > 0);
    assert.notDeepEqual(of({ security: { dumpable: false } }).filter, of({}).filter);
  });

  it('limits: are those of setrlimit(2), the ones that are written out before those that follow from others', () => {
    const limitsOf = (limits: DefinitionInput['limits'], security: DefinitionInput['security'] = {}) => of({ limits, security }).limits;
    assert.deepEqual(limitsOf({ memory: '1G', processes: 5, wallSeconds: 3 }), {});
    assert.deepEqual(limitsOf({ files: 64, rlimits: { stack: { soft: 1, hard: 'unlimited' } } }), {
      nofile: 64,
      stack: { soft: 1, hard: 'unlimited' },
    });
    assert.deepEqual(limitsOf({ files: 64, rlimits: { nofile: 7, core: 'unlimited' } }, { dumpable: false }), {
      nofile: 7,
      core: 'unlimited',
    });
    // A second more than the helper counts, which is to say why; and SIGXCPU says it, too, before SIGKILL comes.
    assert.deepEqual(limitsOf({ cpuSeconds: 1.2 }), { cpu: { soft: 3, hard: 4 } });
    assert.deepEqual(limitsOf({ cpuSeconds: 1.2, rlimits: { cpu: 1 } }), { cpu: 1 });
  });
});

describe('groupLimitsOf', () => {
  it('names only what is limited, in the words of control groups', () => {
    assert.deepEqual(groupLimitsOf({}), {});
    assert.deepEqual(groupLimitsOf({ memory: 1 << 20, swap: 0, cpu: 0.5, processes: 9, ioWeight: 50 }), {
      memoryBytes: 1 << 20,
      swapBytes: 0,
      cpus: 0.5,
      processes: 9,
      ioWeight: 50,
    });
  });

  it('takes away what is null, and gives the usual weight back', () =>
    assert.deepEqual(groupLimitsOf({ memory: null, cpu: null, ioWeight: null }), { memoryBytes: 'max', cpus: 'max', ioWeight: 100 }));

  it('leaves out what is no limit of groups', () => {
    const { limits } = Definition.parse({ name: 'web', limits: { files: 5, wallSeconds: 1, memory: '1M' } });
    assert.deepEqual(groupLimitsOf(limits), { memoryBytes: 1 << 20 });
  });
});

describe('keyOf', () => {
  const keys = { memoryBytes: 'memory', swapBytes: 'swap', cpus: 'cpu', processes: 'processes', ioWeight: 'ioWeight', other: 'other' };
  for (const [group, key] of Object.entries(keys)) it(`calls ${group} ${key}`, () => assert.equal(keyOf(group), key));
});

describe('umaskOf', () => {
  const masks = { '022': 0o22, '0077': 0o77, '777': 0o777, '000': 0 };
  for (const [text, mask] of Object.entries(masks))
    it(`reads ${text} as octal`, () => {
      const { security } = Definition.parse({ name: 'web', security: { umask: text } });
      assert.equal(umaskOf(security), mask);
    });
});
