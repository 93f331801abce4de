import * as z from 'zod';
import { Limits } from './definition/limits.ts';
import { namespaceTypes } from './namespaces.ts';

export { holderLimit, namespaceTypes, noHolders } from './namespaces.ts';

export const NamespaceType = z.enum(namespaceTypes);
export type NamespaceType = z.infer<typeof NamespaceType>;

/** The number in `net:[4026531833]`: 32 bits wide, unique among all namespaces that are alive. */
export const Inode = z.int().min(1).max(0xffff_ffff);

/** A process number as the helper sees it. */
export const Pid = z.int().min(1).max(0x7fff_ffff);

export const NamespaceKey = z.strictObject({ type: NamespaceType, inode: Inode });
export type NamespaceKey = z.infer<typeof NamespaceKey>;

/** `id` (see Namespace) makes sure that it is the one meant: an inode is given again as soon as its namespace is gone. */
export const NamespaceReference = NamespaceKey.extend({ id: z.int().optional() });
export type NamespaceReference = z.infer<typeof NamespaceReference>;

/** One descriptor of one process. */
export const Descriptor = z.object({ pid: Pid, fd: z.int() });
export type Descriptor = z.infer<typeof Descriptor>;

/** What keeps a namespace alive. There may be tens of thousands: what is empty is left out on the wire. */
export const Holders = z.object({
  /** How many processes are in the namespace. */
  processes: z.int(),
  /** The process that was started first of those in it; absent when there is none. */
  oldest: Pid.optional(),
  /** Threads that are in it while their process is not. */
  threads: z.array(z.object({ pid: Pid, tid: Pid })).default([]),
  /** Processes that are not in it and whose next child will be; pid and time only. */
  pending: z.array(Pid).default([]),
  /** Open files that name it. */
  descriptors: z.array(Descriptor).default([]),
  /** Sockets that were made in it, open in a process that is in another one; net only. */
  sockets: z.array(Descriptor).default([]),
  /** Bind mounts of it: the path, and the mount namespace where it is when that is not the helper's own. */
  mounts: z.array(z.object({ path: z.string(), mnt: Inode.optional() })).default([]),
  /** Nested user and pid namespaces, and for a user namespace all that it owns. */
  children: z.array(NamespaceKey).default([]),
  /** How many more there are than the lists above name. */
  unnamed: z.int().default(0),
});
export type Holders = z.infer<typeof Holders>;

export const Namespace = z.object({
  type: NamespaceType,
  inode: Inode,
  /** The kernel's number that is never given twice, unlike the inode; since Linux 6.18. */
  id: z.int().optional(),
  /** The name given by `ip netns`, where it has one. */
  name: z.string().optional(),
  /** Inode of the user namespace that owns it; for a user namespace, of its parent. Absent where the kernel refuses to tell. */
  owner: Inode.optional(),
  /** Inode of the parent; user and pid namespaces only. */
  parent: Inode.optional(),
  /** Who made it; user namespaces only. */
  ownerUid: z.int().optional(),
  /** True for the namespaces that the machine booted with. */
  initial: z.boolean(),
  holders: Holders,
});
export type Namespace = z.infer<typeof Namespace>;
/** As it is written. */
export type NamespaceInput = z.input<typeof Namespace>;

export const NamespaceInodes = z.partialRecord(NamespaceType, Inode);
export type NamespaceInodes = z.infer<typeof NamespaceInodes>;

export const Process = z.object({
  pid: Pid,
  parent: z.int(),
  /** Start time in clock ticks since boot: with the pid it names one process for good. */
  start: z.int(),
  /** The kernel's `comm`: at most 15 bytes, chosen by the process, hostile. */
  name: z.string(),
  /** The arguments joined by spaces, cut at 4,096 bytes, hostile; empty for kernel threads. */
  command: z.string(),
  uid: z.int(),
  namespaces: NamespaceInodes,
  /** Where its next child will be, when that is elsewhere; pid and time only. */
  forChildren: NamespaceInodes.optional(),
  /** Those of its threads that are in other namespaces than it is, each with what differs. */
  threads: z.array(z.object({ tid: Pid, namespaces: NamespaceInodes })).optional(),
  /** Its number in each pid namespace, from the helper's inwards; the last is what it calls itself. */
  pids: z.array(z.int()),
});
export type Process = z.infer<typeof Process>;

export const Container = z.object({
  /** `docker`, `runc`, `podman`, `lxc`, `incus`…; `oci` where only the cgroup shows that it is one. */
  engine: z.string(),
  /** As its engine calls it; of several that are called the same, all but one have more to it. */
  id: z.string(),
  name: z.string(),
  /** Its init, as the helper sees it. */
  pid: Pid,
  /** Start time of that, see Process. */
  start: z.int(),
  image: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  /** `namespace/name` of the Kubernetes pod. */
  pod: z.string().optional(),
  /** containerd's own kind of namespace: `default`, `k8s.io`, `moby`; the project of Incus's or LXD's, unless it is the default. */
  space: z.string().optional(),
  /** The user whose engine made it, when that is not root. */
  uid: z.int().optional(),
  /** The id of the container in which its engine runs. */
  within: z.string().optional(),
  /** Where the name is from: `docker API`, `/run/runc/web/state.json`, `cgroup`. */
  source: z.string(),
});
export type Container = z.infer<typeof Container>;

/** Something that could not be read, and why. */
export const Gap = z.object({ subject: z.string(), reason: z.string() });
export type Gap = z.infer<typeof Gap>;

export const Snapshot = z.object({
  namespaces: z.array(Namespace),
  processes: z.array(Process),
  containers: z.array(Container),
  gaps: z.array(Gap),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** What a scan of everything found, and how long it took. */
export const ScanReport = z.object({ processes: z.int(), namespaces: z.int(), containers: z.int(), tookMs: z.number() });
export type ScanReport = z.infer<typeof ScanReport>;

/** What discovery did since the helper started. */
export const Statistics = z.object({
  /** Scans of everything: at the start, when asked, in turn, and after lost events. */
  scans: z.int(),
  lastScanMs: z.number(),
  /** Looks at only what events pointed to. */
  refreshes: z.int(),
  lastRefreshMs: z.number(),
  /** What the kernel said of processes that started, changed or ended. */
  events: z.int(),
  /** How often events were lost, so that everything had to be read again. */
  resynchronised: z.int(),
  /** How long until the next scan of everything, when nothing asks for one. */
  periodMs: z.number(),
});
export type Statistics = z.infer<typeof Statistics>;

/** A veth pair between a sandbox and the host. Addresses carry their prefix length: `10.201.0.1/30`. */
export const SandboxNetwork = z.object({
  hostLink: z.string(),
  hostAddress: z.string(),
  link: z.string(),
  address: z.string(),
});
export type SandboxNetwork = z.infer<typeof SandboxNetwork>;

export const Sandbox = z.object({
  id: z.string(),
  name: z.string(),
  /** Its init, or its command where that is pid 1, as the helper sees it; none where only the namespaces are kept. */
  pid: Pid.optional(),
  /** Those that it is in, the host's among them where it has none of its own. */
  namespaces: NamespaceInodes,
  networks: z.array(SandboxNetwork),
  /** ISO 8601, UTC. */
  created: z.string(),
  /** The user it was made for, who is root inside. */
  uid: z.int(),
  /** `discard`, `readonly`, `directory` …: what its files are. */
  root: z.string().optional(),
  limits: Limits,
  /** It outlives who made it. */
  persist: z.boolean(),
  /** What the person should know: limits that this host cannot keep. */
  notices: z.array(z.string()),
});
export type Sandbox = z.infer<typeof Sandbox>;

/** What this kernel and host can do; `reason` says why not. */
export const Feature = z.object({ available: z.boolean(), reason: z.string().optional() });
export type Feature = z.infer<typeof Feature>;

export const Hello = z.object({
  protocol: z.int(),
  version: z.string(),
  pid: Pid,
  privileged: z.boolean(),
  features: z.record(z.string(), Feature),
});
export type Hello = z.infer<typeof Hello>;
