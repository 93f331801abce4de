// What a definition says of limits and security.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { type Bad, brief, problemOf } from './definitions.ts';

const size = 'must be a size like 64M; 1.5G is written 1536M';
const limits = (value: unknown) => ({ limits: value });
const rlimit = (value: unknown) => limits({ rlimits: { core: value } });
const security = (value: unknown) => ({ security: value });

const bad: Bad = [
  [limits(5), 'limits must be an object'],
  [limits({ memry: 1, swp: 2 }), '"limits.memry", "limits.swp" are not keys of the definition'],
  [limits({ memory: '12Q' }), `limits.memory ${size}`],
  [limits({ memory: '1023K' }), 'limits.memory must be at least 1M'],
  [limits({ memory: 4096 }), 'limits.memory must be at least 1M'],
  [limits({ memory: -1 }), 'limits.memory must be at least 1'],
  [limits({ swap: -1 }), 'limits.swap must be at least 0'],
  [limits({ swap: 'none' }), `limits.swap ${size}`],
  [limits({ cpu: 0 }), 'limits.cpu must be at least 0.01'],
  [limits({ cpu: '1' }), 'limits.cpu must be a number'],
  [limits({ cpu: 1025 }), 'limits.cpu must be at most 1024'],
  [limits({ processes: 0 }), 'limits.processes must be at least 1'],
  [limits({ processes: 1.5 }), 'limits.processes must be a whole number'],
  [limits({ processes: 4_194_305 }), 'limits.processes must be at most 4194304'],
  [limits({ ioWeight: 0 }), 'limits.ioWeight must be at least 1'],
  [limits({ ioWeight: 10_001 }), 'limits.ioWeight must be at most 10000'],
  [limits({ files: 2 }), 'limits.files must be at least 3'],
  [limits({ rlimits: 5 }), 'limits.rlimits must be an object'],
  [limits({ rlimits: { nofiles: 5 } }), '"limits.rlimits.nofiles" is not a key of the definition'],
  [rlimit(-1), 'limits.rlimits.core must be at least 0'],
  [rlimit('none'), 'limits.rlimits.core must be a number, "unlimited" or an object'],
  [rlimit({ soft: 1 }), 'limits.rlimits.core.hard is missing'],
  [rlimit({ soft: 1, hard: 2, x: 3 }), '"limits.rlimits.core.x" is not a key of the definition'],
  [rlimit({ soft: 5, hard: 1 }), 'limits.rlimits.core must have a soft limit that is not above the hard one'],
  [rlimit({ soft: 'unlimited', hard: 1 }), 'limits.rlimits.core must have a soft limit that is not above the hard one'],
  ...['wallSeconds', 'cpuSeconds'].flatMap(key => [
    [limits({ [key]: 0 }), `limits.${key} must be at least 0.01`] as const,
    [limits({ [key]: -5 }), `limits.${key} must be at least 0.01`] as const,
    [limits({ [key]: '5s' }), `limits.${key} must be a number`] as const,
    [limits({ [key]: 1e9 }), `limits.${key} must be at most 31536000`] as const,
  ]),
  [security(5), 'security must be an object'],
  [security({ caps: [] }), '"security.caps" is not a key of the definition'],
  [security({ capabilities: 'none' }), 'security.capabilities must be "all" or a list'],
  [security({ capabilities: 5 }), 'security.capabilities must be "all" or a list'],
  [security({ capabilities: ['CAP_KILL', 'net admin'] }), 'security.capabilities[1] must be a capability like CAP_NET_ADMIN'],
  [security({ capabilities: ['cap_kill'] }), 'security.capabilities[0] must be a capability like CAP_NET_ADMIN'],
  [security({ capabilities: Array(65).fill('KILL') }), 'security.capabilities must have at most 64 elements'],
  [security({ noNewPrivileges: 'yes' }), 'security.noNewPrivileges must be true or false'],
  [security({ seccomp: 'off' }), 'security.seccomp must be "default", "none" or an object'],
  [security({ seccomp: {} }), 'security.seccomp.file is missing'],
  [security({ seccomp: { file: 'x.json' } }), 'security.seccomp.file must be an absolute path'],
  [security({ umask: '999' }), 'security.umask must be an octal mask like 022'],
  [security({ umask: '22' }), 'security.umask must be an octal mask like 022'],
  [security({ umask: '1022' }), 'security.umask must be an octal mask like 022'],
  [security({ umask: 18 }), 'security.umask must be a string'],
  [security({ dumpable: 1 }), 'security.dumpable must be true or false'],
];

describe('a definition of limits and security', () => {
  for (const [value, problem] of bad) it(`refuses ${brief(value)}: ${problem}`, () => assert.equal(problemOf(value), problem));

  const good: readonly object[] = [
    limits({ memory: '1M', swap: 0, cpu: 0.01, processes: 1, ioWeight: 1, files: 3, wallSeconds: 0.01, cpuSeconds: 0.01 }),
    limits({ swap: '0' }),
    rlimit('unlimited'),
    rlimit({ soft: 5, hard: 5 }),
    rlimit({ soft: 5, hard: 'unlimited' }),
    rlimit({ soft: 'unlimited', hard: 'unlimited' }),
    security({ capabilities: [], umask: '0077' }),
    security({ capabilities: ['NET_ADMIN', 'CAP_KILL'], umask: '777', seccomp: { file: '/etc/policy.json' } }),
  ];
  for (const value of good) it(`takes ${brief(value)}`, () => assert.equal(problemOf(value), undefined));

  it('reads sizes as bytes', () =>
    assert.deepEqual(Definition.parse({ name: 'web', limits: { memory: '2G', swap: '1M' } }).limits, {
      memory: 2 * 2 ** 30,
      swap: 2 ** 20,
    }));
});
