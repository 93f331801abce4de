// Definitions whose whole plans are written down in plans/, for people to read.

import type { Facts } from '../../../../helper/plan/facts.ts';
import type { Purpose } from '../../../../helper/plan/plan.ts';
import type { DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import type { Confinement } from '../../../../helper/security/confine.ts';
import { hybridHost, systemdHost } from '../cgroup/hosts.ts';
import { asRoot, groupsOn, inPipes, inTerminal, joinedOf } from './plans.ts';

export interface Sample {
  readonly what: string;
  readonly definition: Partial<DefinitionInput>;
  readonly facts?: Partial<Facts>;
  readonly purpose?: Purpose;
}

const everyMount: NonNullable<DefinitionInput['mounts']> = [
  { type: 'tmpfs', path: '/var/cache', size: '64K', mode: '700' },
  { type: 'bind', source: '/home/dev/src', path: '/src' },
  { type: 'bind', source: '/home/dev/out', path: '/out', readonly: false },
  { type: 'bind', source: '/etc/hosts', path: '/etc/hosts' },
  { type: 'overlay', lower: ['/home/dev/a,b', '/home/dev/c:d'], path: '/both' },
  { type: 'proc', path: '/p' },
  { type: 'sysfs', path: '/s' },
  { type: 'devpts', path: '/pts' },
  { type: 'mqueue', path: '/queues' },
  { type: 'cgroup2', path: '/groups' },
  { type: 'dev', path: '/d' },
  { type: 'file', path: '/etc/motd', content: 'Hello\n', mode: '600' },
  { type: 'mask', path: '/etc/shadow' },
  { type: 'readonly', path: '/usr' },
];

const range = [
  { inside: 0, outside: 1000, count: 1 },
  { inside: 1, outside: 100_000, count: 65_536 },
];
const block = [{ inside: 0, outside: 1_196_608, count: 65_536 }];
const unpacked = { reference: undefined, into: '/var/lib/burrow/run-burrow/0a1b2c3d' };

/** As on a kernel with four capabilities. */
const confinement: Confinement = {
  limits: { nofile: 64, core: 0 },
  capabilities: { kept: new Set(['CAP_CHOWN', 'CAP_FOWNER']), last: 3 },
  noNewPrivileges: true,
  filter: Buffer.alloc(16),
};

/** What each of plans/*.plan is the plan of. */
export const samples: Readonly<Record<string, Sample>> = {
  ordinary: { what: 'a name alone', definition: {} },
  'ordinary-on-v2': {
    what: 'the same with its control group, on a host with cgroup v2 alone',
    definition: {},
    facts: { cgroups: groupsOn(systemdHost(), { lasting: true }) },
  },
  root: { what: 'the same where root inside is root outside', definition: {}, facts: asRoot },
  readonly: { what: 'this machine’s files, unchangeable', definition: { root: 'readonly' } },
  host: { what: 'this machine’s files as they are', definition: { root: 'host' } },
  empty: { what: 'nothing but the mounts', definition: { root: 'empty', mounts: everyMount.slice(0, 2) } },
  directory: { what: 'a directory as root', definition: { root: { directory: '/srv/image' } } },
  'directory-of-root': {
    what: 'a directory as root of a guarded sandbox, whose owner may change it meanwhile',
    definition: { root: { directory: '/srv/image', readonly: false } },
    facts: asRoot,
  },
  archive: {
    what: 'an archive as root',
    definition: { root: { archive: '/srv/root.tar' } },
    facts: { unpacked: { kind: 'archive', from: '/srv/root.tar', ...unpacked } },
  },
  image: {
    what: 'an image as root',
    definition: { root: { image: '/srv/images', reference: 'alpine' } },
    facts: { unpacked: { kind: 'image', from: '/srv/images', ...unpacked, reference: 'alpine' } },
  },
  mounts: { what: 'a mount of each type', definition: { mounts: everyMount }, facts: { files: new Set(['/etc/hosts']) } },
  'mounts-of-root': {
    what: 'a mount of each type in a guarded sandbox',
    definition: { mounts: everyMount },
    facts: { ...asRoot, files: new Set(['/etc/hosts']) },
  },
  idmapped: {
    what: 'a bind mount whose ids are those inside',
    definition: { mounts: [{ type: 'bind', source: '/srv/root', path: '/mnt', idmap: true, readonly: false }] },
    facts: { ...asRoot, uids: block, gids: block },
  },
  auto: { what: 'a range of users', definition: { users: 'auto' }, facts: { uids: range, gids: range } },
  same: {
    what: 'the caller as himself',
    definition: { users: 'same' },
    facts: { uids: [{ inside: 1000, outside: 1000, count: 1 }], gids: [{ inside: 1000, outside: 1000, count: 1 }] },
  },
  explicit: {
    what: 'maps of one’s own, without a root',
    definition: { users: { uid: [{ inside: 5, outside: 100_000, count: 3 }], gid: [{ inside: 7, outside: 100_000 }] } },
    facts: { uids: [{ inside: 5, outside: 100_000, count: 3 }], gids: [{ inside: 7, outside: 100_000, count: 1 }] },
  },
  'tenant-new': {
    what: 'the first sandbox of a tenant',
    definition: { users: { tenant: 3 } },
    facts: { uids: block, gids: block, tenant: 'new' },
  },
  'tenant-joined': {
    what: 'another sandbox of a tenant',
    definition: { users: { tenant: 3 } },
    facts: { uids: block, gids: block, tenant: { handle: 'user of tenant 3', path: '/proc/812/ns/user' } },
  },
  'net-alone': {
    what: 'a network namespace and nothing else, for root',
    definition: { namespaces: ['net'] },
    facts: { ...asRoot, uids: [], gids: [] },
  },
  'no-user': {
    what: 'all but a user namespace, for root',
    definition: { namespaces: { user: false } },
    facts: { ...asRoot, uids: [], gids: [], cgroups: groupsOn(systemdHost(), { guarded: true }) },
  },
  'no-pid-no-net': {
    what: 'the host’s processes and network',
    definition: { namespaces: { pid: false, net: false } },
    facts: { network: undefined, cgroups: groupsOn(hybridHost(), { killable: true }) },
  },
  'join-pid': {
    what: 'the pid namespace of somebody else',
    definition: { namespaces: { pid: 'container:redis-1' }, root: 'empty', mounts: everyMount.slice(11, 12) },
    facts: joinedOf('pid'),
  },
  'join-user': {
    what: 'the user namespace of somebody else',
    definition: { namespaces: { user: 'container:redis-1' } },
    facts: { ...joinedOf('user'), uids: block, gids: block },
  },
  kept: {
    what: 'namespaces that are kept without a process',
    definition: { namespaces: { pid: false }, init: 'none', time: { monotonicSeconds: -5 } },
  },
  alone: {
    what: 'a command as pid 1',
    definition: { init: false, command: ['/bin/server', '-v'], user: '5:7' },
    facts: { identity: { uid: 5, gid: 7, name: undefined, home: '/' } },
  },
  terminal: {
    what: 'a run in a terminal',
    definition: { command: ['make'], directory: '/src', environment: { A: 'b' } },
    purpose: inTerminal,
  },
  pipes: {
    what: 'a run in pipes that keeps the sandbox',
    definition: { command: ['/bin/true'], onExit: 'keep' },
    purpose: inPipes,
  },
  'alone-in-pipes': { what: 'a run in pipes as pid 1', definition: { init: false, command: ['/bin/true'] }, purpose: inPipes },
  limits: {
    what: 'limits on a host with cgroups of both versions',
    definition: { limits: { memory: '256M', cpu: 0.5, processes: 100 } },
    facts: { cgroups: groupsOn(hybridHost(), { limits: { memoryBytes: 256 << 20, cpus: 0.5, processes: 100 } }) },
  },
  'limits-of-root': {
    what: 'limits of a guarded sandbox on a host with cgroup v2',
    definition: { limits: { memory: '256M', ioWeight: 50 } },
    facts: { ...asRoot, cgroups: groupsOn(systemdHost(), { limits: { memoryBytes: 256 << 20, ioWeight: 50 }, guarded: true }) },
  },
  security: {
    what: 'all of security, for a run',
    definition: { security: { umask: '077' }, user: '5', command: ['/bin/true'] },
    facts: { confinement, identity: { uid: 5, gid: 5, name: 'games', home: '/' } },
    purpose: inPipes,
  },
  mortal: { what: 'a sandbox that ends with the helper', definition: { persist: false } },
};
