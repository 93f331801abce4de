// What a plan depends on besides its definition: looked up by look-up.ts, and given as they are by tests.
import type { Step as GroupStep, Place } from '../cgroup/layout.ts';
import type { Identity } from '../entry/identity.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { NamespaceType, SandboxNetwork } from '../protocol/model.ts';
import type { Front } from '../sandbox/disks.ts';
import type { Confinement } from '../security/confine.ts';

/** A namespace to join, held open by the helper. */
export interface Joined {
  /** The name of the handle in the program: `net of redis-1`. */
  readonly handle: string;
  /** Where it is to be seen, for people: `/proc/812/ns/net`. */
  readonly path: string;
}

/** A root file system that is unpacked for the sandbox. */
export interface Unpacked {
  readonly kind: 'archive' | 'image';
  readonly from: string;
  readonly reference: string | undefined;
  readonly into: string;
}

export interface Groups {
  readonly make: { readonly v1: readonly GroupStep[]; readonly v2: readonly GroupStep[] };
  readonly places: readonly Place[];
}

export interface Facts {
  /** Where the record of this sandbox is kept. */
  readonly record: string;
  /** An empty directory, over which the stage puts the sandbox's files together. */
  readonly staging: string;
  /** Who it is made for. */
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
  /** A tenant's user namespace, in which the sandbox's own is nested: that of another of its sandboxes, or a new one. */
  readonly tenant: Joined | 'new' | undefined;
  readonly network: SandboxNetwork | undefined;
  readonly joined: Partial<Readonly<Record<NamespaceType, Joined>>>;
  readonly cgroups: Groups;
  readonly unpacked: Unpacked | undefined;
  /** Mount points of the host's other disks, which a thrown-away root covers too. */
  readonly disks: readonly string[];
  readonly fronts: ReadonlyMap<string, Front>;
  /** Those of the definition's sources that are no directories. */
  readonly files: ReadonlySet<string>;
  /** The namespaces that this kernel has. */
  readonly types: ReadonlySet<NamespaceType>;
  /** As whom its command runs, and what that may do. */
  readonly identity: Identity;
  readonly confinement: Confinement;
  /** Where its namespaces are pinned, when no process stays. */
  readonly pins: string;
}
