// Definitions whose plans have, together, a step of every kind.
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';

const limits: NonNullable<DefinitionInput['limits']> = {
  memory: '256M',
  swap: '64M',
  cpu: 1.5,
  processes: 200,
  ioWeight: 50,
  files: 512,
  rlimits: { core: 0, stack: { soft: 8_388_608, hard: 'unlimited' } },
};

const mounts: NonNullable<DefinitionInput['mounts']> = [
  { type: 'tmpfs', path: '/tmp', size: '16M', mode: '1777' },
  { type: 'bind', source: '/usr', path: '/mnt' },
  { type: 'overlay', lower: ['/usr'], path: '/opt' },
  { type: 'file', path: '/tmp/motd', content: 'hello\n' },
  { type: 'proc', path: '/media' },
  { type: 'sysfs', path: '/home' },
  { type: 'mqueue', path: '/srv' },
  { type: 'mask', path: '/proc/uptime' },
  { type: 'readonly', path: '/var' },
];

/** Who is not root may lay nothing but one directory under an overlay. */
const mountsOfAnybody = mounts.map(each => (each.type === 'overlay' ? { ...each, lower: ['/etc'] } : each));

const everything: Omit<DefinitionInput, 'name'> = {
  hostname: 'db.test',
  domainname: 'test',
  time: { monotonicSeconds: 100, boottimeSeconds: 200 },
  root: 'discard',
  limits,
  security: { capabilities: ['CAP_CHOWN'], noNewPrivileges: true, umask: '077', dumpable: false },
  environment: { WORD: 'value' },
  directory: '/tmp',
};

/** All that root may ask for: its sandbox is guarded. */
export const largestOfRoot: DefinitionInput = {
  ...everything,
  name: 'largest',
  mounts: [...mounts, { type: 'bind', source: '/usr', path: '/boot', idmap: true }],
};

/** All that anybody may ask for, within the user namespace of a tenant. */
export const largestOfTenant: DefinitionInput = { ...everything, name: 'largest', users: { tenant: 3 }, mounts: mountsOfAnybody };
