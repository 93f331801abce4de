import * as z from 'zod';
import { Inode, Namespace, NamespaceKey, Pid } from './model.ts';

/** One line of uid_map or gid_map: `count` ids from `inside` on are the ids from `outside` on (user_namespaces(7)). */
export const IdMapping = z.object({ inside: z.int(), outside: z.int(), count: z.int() });
export type IdMapping = z.infer<typeof IdMapping>;

const Address = z.object({ address: z.string(), scope: z.string() });

export const Interface = z.object({
  index: z.int(),
  name: z.string(),
  /** rtnetlink's kind (`veth`, `bridge`…), `loopback`, or `device` for one that has none. */
  kind: z.string(),
  up: z.boolean(),
  mtuBytes: z.int(),
  hardwareAddress: z.string().optional(),
  addresses: z.array(Address),
  /** The other end of a veth pair, or the link below: its index, and its namespace where that is known. */
  peer: z.object({ index: z.int(), name: z.string().optional(), inode: Inode.optional() }).optional(),
  /** The name of the bridge or bond it is part of. */
  controller: z.string().optional(),
});
export type Interface = z.infer<typeof Interface>;

export const Route = z.object({
  /** `default` or a network with its prefix. */
  destination: z.string(),
  gateway: z.string().optional(),
  device: z.string().optional(),
});
export type Route = z.infer<typeof Route>;

export const Mount = z.object({
  path: z.string(),
  fileSystem: z.string(),
  source: z.string(),
  options: z.string(),
});
export type Mount = z.infer<typeof Mount>;

const SystemVObject = z.object({
  kind: z.enum(['message queue', 'semaphores', 'shared memory']),
  id: z.int(),
  key: z.int(),
  ownerUid: z.int(),
  size: z.string(),
});

/** What is particular to each type; which parts are there says `type`. */
export const Particulars = z.discriminatedUnion('type', [
  z.object({ type: z.literal('user'), uidMap: z.array(IdMapping), gidMap: z.array(IdMapping), setgroups: z.string().optional() }),
  z.object({ type: z.literal('net'), interfaces: z.array(Interface), routes: z.array(Route) }),
  z.object({ type: z.literal('mnt'), mounts: z.array(Mount), root: z.string().optional() }),
  z.object({ type: z.literal('uts'), hostname: z.string(), domainname: z.string() }),
  z.object({ type: z.literal('ipc'), objects: z.array(SystemVObject), messageQueues: z.array(z.string()) }),
  z.object({ type: z.literal('pid'), init: Pid.optional() }),
  z.object({ type: z.literal('time'), monotonicSeconds: z.number(), boottimeSeconds: z.number() }),
  z.object({ type: z.literal('cgroup'), root: z.array(z.object({ hierarchy: z.string(), path: z.string() })) }),
]);
export type Particulars = z.infer<typeof Particulars>;

/** One process in the namespace: `pid` outside, `inside` as it sees itself in its innermost pid namespace. */
const Member = z.object({ pid: Pid, inside: z.int(), name: z.string(), uid: z.int() });

export const Inspection = z.object({
  namespace: Namespace,
  processes: z.array(Member),
  /** Absent when nothing gives access to it any more, or the kernel refuses; `gaps` says which. */
  particulars: Particulars.optional(),
  /** Namespaces that this one owns (user), or that are nested in it (user, pid). */
  children: z.array(NamespaceKey),
  gaps: z.array(z.string()),
});
export type Inspection = z.infer<typeof Inspection>;
