import { closeSync } from 'node:fs';
import type { Place } from '../cgroup/layout.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { NamespaceType } from '../protocol/model.ts';
import type { Confinement } from '../security/confine.ts';
import { closeMemberships, type Membership } from './memberships.ts';
import type { Resident } from './resident.ts';

/** What a terminal or a command enters, held open. */
export class Entered implements Disposable {
  /** As a person calls it: `redis-1`, `pid 812`, `net:[4026532345]`. */
  readonly label: string;
  readonly namespaces = new Map<NamespaceType, number>();
  /** The root directory; only where the mnt namespace is joined, or where it is shown to programs of elsewhere. */
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
  /**
   * The command is to be what the resident is, with its files, its user, its environment and its limits; otherwise it
   * is the host's program, and comes with no more than the namespaces.
   */
  takesPlace = false;
  /** The resident's own seccomp filters, where they were asked for: see own-filters.ts. */
  filters: readonly Buffer[] | undefined;
  /** In which namespaces the resident is elsewhere than the host. */
  ownTypes: ReadonlySet<NamespaceType> = new Set();
  memberships: readonly Membership[] = [];
  /** What a person should know of how it was entered. */
  readonly notices: string[] = [];

  constructor(label: string) {
    this.label = label;
  }

  [Symbol.dispose](): void {
    for (const fd of this.namespaces.values()) closeSync(fd);
    if (this.root !== undefined) closeSync(this.root);
    closeMemberships(this.memberships);
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
