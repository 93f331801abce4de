import { Machine } from '../../../extension/machine/machine.ts';
import {
  type Container,
  type Namespace,
  type NamespaceInodes,
  type NamespaceKey,
  noHolders,
  type Process,
  type Sandbox,
  type Snapshot,
} from '../../../helper/protocol/model.ts';

/** The namespaces that the example's machine booted with. */
export const host: Required<NamespaceInodes> = { net: 10, mnt: 11, pid: 12, user: 13, uts: 14, ipc: 15, cgroup: 16, time: 17 };

export const redisInodes: NamespaceInodes = { ...host, net: 20, mnt: 21, pid: 22, uts: 24, ipc: 25 };
export const webInodes: Required<NamespaceInodes> = { net: 30, mnt: 31, pid: 32, user: 33, uts: 34, ipc: 35, cgroup: 36, time: 37 };

export const process = (pid: number, name: string, namespaces: NamespaceInodes, more: Partial<Process> = {}): Process => ({
  pid,
  parent: 1,
  start: pid * 10,
  name,
  command: `/usr/bin/${name}`,
  uid: 0,
  namespaces,
  pids: [pid],
  ...more,
});

export const namespace = (key: NamespaceKey, more: Partial<Namespace> = {}): Namespace => ({
  ...key,
  owner: 13,
  initial: false,
  holders: noHolders,
  ...more,
});

export const redis: Container = {
  engine: 'docker',
  id: 'c1',
  name: 'redis-1',
  pid: 80,
  start: 800,
  image: 'redis:7',
  labels: {},
  source: 'docker API',
};

export const web: Sandbox = {
  id: 's1',
  name: 'web',
  pid: 90,
  namespaces: webInodes,
  networks: [{ hostLink: 'bw0', hostAddress: '10.201.0.1/30', link: 'eth0', address: '10.201.0.2/30' }],
  created: '2026-01-02T03:04:05Z',
  uid: 1000,
  root: 'discard',
  limits: {},
  persist: true,
  notices: [],
};

const holders = (processes: number, oldest: number): Namespace['holders'] => ({ ...noHolders, processes, oldest });

/** A host with a container, a sandbox and a network namespace that only a file keeps. */
export const snapshot: Snapshot = {
  namespaces: [
    namespace({ type: 'net', inode: 20 }, { holders: holders(2, 80) }),
    namespace({ type: 'net', inode: 10 }, { initial: true, holders: holders(2, 1) }),
    namespace({ type: 'net', inode: 40 }, { name: 'blue', holders: { ...noHolders, mounts: [{ path: '/run/netns/blue' }] } }),
    namespace({ type: 'net', inode: 30 }, { owner: 33, holders: holders(2, 90) }),
    ...(['mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time'] as const).map(type =>
      namespace({ type, inode: host[type] }, { initial: true, holders: holders(4, 1) }),
    ),
    namespace({ type: 'pid', inode: 22 }, { parent: 12, holders: holders(2, 80) }),
    namespace({ type: 'user', inode: 33 }, { owner: 13, parent: 13, ownerUid: 1000, holders: holders(2, 90) }),
  ],
  processes: [
    process(1, 'systemd', host, { parent: 0 }),
    process(70, 'bash', host),
    process(80, 'redis-server', redisInodes, { pids: [80, 1] }),
    process(81, 'sh', redisInodes, { parent: 80, pids: [81, 7] }),
    process(90, 'burrow-init', webInodes, { pids: [90, 1], uid: 1000 }),
    process(91, 'bash', webInodes, { parent: 90, pids: [91, 2], uid: 1000 }),
  ],
  containers: [redis],
  gaps: [],
};

export const machine = new Machine(snapshot, [web]);
