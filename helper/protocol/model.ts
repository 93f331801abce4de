import * as z from 'zod';

/** The eight kinds, in the order in which views list them; `mnt` is the kernel's word for mount namespaces. */
export const namespaceTypes = ['net', 'mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time'] as const;

export const NamespaceType = z.enum(namespaceTypes);
export type NamespaceType = z.infer<typeof NamespaceType>;

/** The number in `net:[4026531833]`: 32 bits wide, unique among all namespaces that are alive. */
export const Inode = z.int().min(1).max(0xffff_ffff);

/** A process number as the helper sees it. */
export const Pid = z.int().min(1).max(0x7fff_ffff);

export const NamespaceKey = z.strictObject({ type: NamespaceType, inode: Inode });
export type NamespaceKey = z.infer<typeof NamespaceKey>;

export const Holders = z.object({
  /** How many processes are in the namespace. */
  processes: z.int(),
  /** The process that has been in it longest; absent when there is none. */
  oldest: Pid.optional(),
  /** Paths of the nsfs bind mounts in the helper's own mount namespace. */
  mounts: z.array(z.string()),
  /** Nested user and pid namespaces, and for a user namespace all that it owns; they keep it alive. */
  children: z.array(NamespaceKey),
});
export type Holders = z.infer<typeof Holders>;

export const Namespace = z.object({
  type: NamespaceType,
  inode: Inode,
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
  /** Its number in each pid namespace, from the helper's inwards; the last is what it calls itself. */
  pids: z.array(z.int()),
});
export type Process = z.infer<typeof Process>;

export const Container = z.object({
  /** `docker`, `runc`, `podman`, `lxc`…; `oci` where only the cgroup shows that it is one. */
  engine: z.string(),
  id: z.string(),
  name: z.string(),
  /** Its init, as the helper sees it. */
  pid: Pid,
  image: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  pod: z.string().optional(),
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
  /** Its init, as the helper sees it. */
  pid: Pid,
  namespaces: NamespaceInodes,
  networks: z.array(SandboxNetwork),
  /** ISO 8601, UTC. */
  created: z.string(),
  /** The user it was made for, who is root inside. */
  uid: z.int(),
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
