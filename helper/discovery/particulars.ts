// What is particular to each type of namespace, and how it is read.
import { readFileSync, readlinkSync } from 'node:fs';
import { getAddresses, getLinks, getRoutes, type Link } from '../network/rtnetlink.ts';
import type { Interface, Particulars, Route } from '../protocol/inspection.ts';
import type { Namespace, NamespaceType, Process } from '../protocol/model.ts';
import { namespaceId } from '../protocol/namespaces.ts';
import { hasVanished, Refusal } from '../sys/errors.ts';
import { visit } from '../sys/namespaces.ts';
import { RouteSocket } from '../sys/netlink.ts';
import { type ProcessFile, processText } from '../sys/process-files.ts';
import { parseCgroup, parseIdMap, parseMountInfo } from '../sys/procfs.ts';
import { messageQueues } from './message-queues.ts';
import { peerNamespaces } from './peers.ts';
import type { World } from './world.ts';

export interface View {
  readonly world: World;
  readonly namespace: Namespace;
  readonly members: readonly Process[];
  /** The namespace itself, open. */
  readonly fd: number;
}

type Reader<T extends NamespaceType> = (view: View) => Extract<Particulars, { type: T }>;

const readers: { readonly [T in NamespaceType]: Reader<T> } = {
  user: view => ({
    type: 'user',
    uidMap: parseIdMap(ofMember(view, 'uid_map')),
    gidMap: parseIdMap(ofMember(view, 'gid_map')),
    setgroups: ofMember(view, 'setgroups').trim(),
  }),
  net: view => network(view),
  mnt: view => ({
    type: 'mnt',
    mounts: parseMountInfo(ofMember(view, 'mountinfo')).map(({ path, fileSystem, source, options }) => ({
      path,
      fileSystem,
      source,
      options,
    })),
    root: readlinkSync(`/proc/${anyMember(view).pid}/root`),
  }),
  // These files show the reader's own namespace, so they are read from within.
  uts: ({ fd, namespace }) =>
    visit('uts', fd, namespaceId(namespace), () => ({
      type: 'uts',
      hostname: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
      domainname: readFileSync('/proc/sys/kernel/domainname', 'utf8').trim(),
    })),
  ipc: ({ fd, namespace }) =>
    visit('ipc', fd, namespaceId(namespace), () => ({ type: 'ipc', objects: systemVObjects(), messageQueues: messageQueues() })),
  pid: ({ members, namespace }) => {
    const init = namespace.initial ? members.find(each => each.pid === 1) : members.find(each => each.pids.at(-1) === 1);
    return { type: 'pid', ...(init && { init: init.pid }) };
  },
  time: view => {
    const offsets = timeOffsets(ofMember(view, 'timens_offsets'));
    return { type: 'time', monotonicSeconds: offsets('monotonic'), boottimeSeconds: offsets('boottime') };
  },
  cgroup: view => ({ type: 'cgroup', root: cgroupRoots(view) }),
};

/** @throws SysError when the kernel refuses; Refusal when only a process could tell and there is none */
export const particularsOf = (view: View): Particulars => readers[view.namespace.type](view);

function anyMember({ members, namespace }: View): Process {
  const member = members.find(each => each.pid !== process.pid) ?? members[0];
  if (!member) throw new Refusal('unsupported', `No process is in ${namespaceId(namespace)}, and the kernel shows this only through one.`);
  return member;
}

/** A file of one of the processes inside; it may have just ended, so the next one is tried. */
function ofMember(view: View, file: ProcessFile): string {
  for (const member of view.members.slice(0, 8)) {
    try {
      return processText(member.pid, file);
    } catch (error) {
      if (!hasVanished(error)) throw error;
    }
  }
  return processText(anyMember(view).pid, file);
}

/** /proc/PID/timens_offsets, time_namespaces(7): `monotonic  -3  500000000`. */
function timeOffsets(text: string): (clock: string) => number {
  return clock => {
    const [, seconds = 0, nanoseconds = 0] =
      text
        .split('\n')
        .find(line => line.startsWith(clock))
        ?.trim()
        .split(/\s+/)
        .map(Number) ?? [];
    return seconds + nanoseconds / 1e9;
  };
}

const systemV = [
  { file: 'msg', kind: 'message queue', uid: 'uid', size: 'cbytes', unit: 'bytes' },
  { file: 'sem', kind: 'semaphores', uid: 'uid', size: 'nsems', unit: 'semaphores' },
  { file: 'shm', kind: 'shared memory', uid: 'uid', size: 'size', unit: 'bytes' },
] as const;

/** /proc/sysvipc, sysvipc(7): a heading, then a line an object. */
function systemVObjects(): Extract<Particulars, { type: 'ipc' }>['objects'] {
  return systemV.flatMap(({ file, kind, uid, size, unit }) => {
    const [heading = '', ...lines] = readFileSync(`/proc/sysvipc/${file}`, 'utf8').trimEnd().split('\n');
    const names = heading.trim().split(/\s+/);
    return lines.map(line => {
      const values = line.trim().split(/\s+/).map(Number);
      const value = (name: string): number => values[names.indexOf(name)] ?? 0;
      return { kind, id: values[1] ?? 0, key: value('key'), ownerUid: value(uid), size: `${value(size)} ${unit}` };
    });
  });
}

/**
 * A cgroup namespace's root shows only by comparison: what is `/a/b` outside and `/b` inside has its
 * root at `/a` (cgroup_namespaces(7)).
 */
function cgroupRoots(view: View): Extract<Particulars, { type: 'cgroup' }>['root'] {
  const { pid } = anyMember(view);
  const read = () => parseCgroup(processText(pid, 'cgroup'));
  const outside = read();
  const inside = visit('cgroup', view.fd, namespaceId(view.namespace), read);
  return outside.map(({ controllers, path }) => {
    const seen = inside.find(line => line.controllers === controllers)?.path ?? '/';
    const root = seen === '/' ? path : path.endsWith(seen) ? path.slice(0, -seen.length) : path;
    return { hierarchy: controllers || 'cgroup2', path: root || '/' };
  });
}

function network(view: View): Extract<Particulars, { type: 'net' }> {
  using socket = visit('net', view.fd, namespaceId(view.namespace), () => new RouteSocket());
  const links = getLinks(socket);
  const addresses = getAddresses(socket);
  const nameOf = (index: number | undefined): string | undefined => links.find(link => link.index === index)?.name;
  const peers = peerNamespaces(view, links);
  return {
    type: 'net',
    interfaces: links.map(link =>
      describeLink(
        link,
        addresses.filter(each => each.index === link.index),
        nameOf(link.controller),
        peers,
      ),
    ),
    routes: getRoutes(socket).map(({ destination, gateway, index }): Route => {
      const device = nameOf(index);
      return { destination, ...(gateway !== undefined && { gateway }), ...(device !== undefined && { device }) };
    }),
  };
}

const LOOPBACK = 772;

function describeLink(
  link: Link,
  addresses: readonly { address: string; scope: string }[],
  controller: string | undefined,
  peers: ReadonlyMap<number, { name: string; inode: number }>,
): Interface {
  const far = peers.get(link.index);
  return {
    index: link.index,
    name: link.name,
    kind: link.kind ?? (link.hardwareType === LOOPBACK ? 'loopback' : 'device'),
    up: link.up,
    mtuBytes: link.mtuBytes,
    ...(link.hardwareAddress !== undefined && link.hardwareType !== LOOPBACK && { hardwareAddress: link.hardwareAddress }),
    addresses: addresses.map(({ address, scope }) => ({ address, scope })),
    ...(link.peer !== undefined && link.peer !== 0 && { peer: { index: link.peer, ...far } }),
    ...(controller !== undefined && { controller }),
  };
}
