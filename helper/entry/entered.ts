import { closeSync } from 'node:fs';
import type { Place } from '../cgroup/layout.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { NamespaceType } from '../protocol/model.ts';
import type { Confinement } from '../security/confine.ts';
import type { Inhabitant } from './inhabitant.ts';
import { closeMemberships, type Membership } from './memberships.ts';
import type { Resident } from './resident.ts';

/** What is held open of a target: descriptors, which are whoever's has this. Plain data, which can go to another thread. */
export interface Holdings {
  /** As a person calls it: `redis-1`, `pid 812`, `net:[4026532345]`. */
  readonly label: string;
  readonly namespaces: ReadonlyMap<NamespaceType, number>;
  /** The root directory; only where the mnt namespace is joined, or where it is shown to programs of elsewhere. */
  readonly root: number | undefined;
  readonly memberships: readonly Membership[];
}

export function closeHoldings({ namespaces, root, memberships }: Holdings): void {
  for (const fd of namespaces.values()) closeSync(fd);
  if (root !== undefined) closeSync(root);
  closeMemberships(memberships);
}

/** What a terminal or a command enters, held open. */
export class Entered implements Holdings, Disposable {
  label: string;
  readonly namespaces = new Map<NamespaceType, number>();
  /** Those that nobody asked for, and that hold the programs of the mnt namespace. */
  readonly brought = new Set<NamespaceType>();
  /** Where the programs are from that only look at its files: a root directory of this machine. Undefined where they are its own. */
  tools: string | undefined;
  root: number | undefined;
  /** How ids inside are ids outside; only where the user namespace is joined. */
  uidMap: IdMapping[] | undefined;
  gidMap: IdMapping[] | undefined;
  /** Of a sandbox. */
  terms: Terms | undefined;
  /** A process that was in it when it was opened, to be shown and not to be used. */
  member: number | undefined;
  /** The process whose place the command takes, or beside which it only looks into some of its namespaces. */
  resident: Resident | undefined;
  /** What holds that process. */
  inhabitant: Inhabitant | undefined;
  /**
   * The command is to be what the resident is, with its files, its user, its environment and its limits; otherwise it
   * is the host's program, and comes with no more than the namespaces.
   */
  takesPlace = false;
  /** The resident's own seccomp filters, where they were asked for: see own-filters.ts. */
  filters: readonly Uint8Array[] | undefined;
  /** Nobody chose among the namespaces of the resident: the command is in all of them. */
  isWhole = false;
  /** Ids and capabilities of the resident mean the same for the command, which comes to be in the same user namespace. */
  sharesUser = false;
  /** In which namespaces the resident is elsewhere than the host. */
  ownTypes: ReadonlySet<NamespaceType> = new Set();
  memberships: readonly Membership[] = [];
  /** What a person should know of how it was entered. */
  readonly notices: string[] = [];

  constructor(label = '') {
    this.label = label;
  }

  /** From now on they are the caller's. */
  release(): Holdings {
    const { label, root, memberships } = this;
    const namespaces = new Map(this.namespaces);
    this.namespaces.clear();
    Object.assign(this, { root: undefined, memberships: [] });
    return { label, namespaces, root, memberships };
  }

  [Symbol.dispose](): void {
    this.inhabitant?.[Symbol.dispose]();
    closeHoldings(this);
  }
}

/** Under which terms a command runs in a sandbox, besides those of its namespaces. */
export interface Terms {
  /** The sandbox's control groups. */
  readonly places: readonly Place[];
  readonly confinement: Confinement;
  readonly umask: number;
  /** What the command gets where its caller says nothing else. */
  readonly user: string | undefined;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}
