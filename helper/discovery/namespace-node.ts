import type { Holders, NamespaceInput, NamespaceKey, NamespaceType, Process } from '../protocol/model.ts';
import { holderLimit } from '../protocol/namespaces.ts';
import type { Relations } from '../walker/walker.ts';

type NamedKind = 'threads' | 'pending' | 'descriptors' | 'sockets' | 'mounts';
/**
 * What keeps a namespace besides the processes in it and its children. `unseen`: the kernel says that it
 * is alive, and nothing that can be seen keeps it; a descriptor on its way through a socket does that.
 */
export type ClaimKind = NamedKind | 'unseen';
export type Claimant<K extends NamedKind = NamedKind> = Holders[K][number];

/** Where `ip netns` keeps its names. */
const netnsDirectory = /^\/(?:var\/)?run\/netns\/([^/]+)$/;

/** One namespace, and everything known that keeps it. There are tens of thousands: what it has not costs nothing. */
export class NamespaceNode implements NamespaceKey {
  readonly type: NamespaceType;
  readonly inode: number;
  processes = 0;
  /** Undefined too while it has to be found anew. */
  oldest: Process | undefined;
  relations: Relations | undefined;
  /** Whether clients have been told of it. */
  isPublished = false;
  /** Since when nothing that can be seen holds it, on performance.now's clock. */
  doubtedAtMs = 0;
  #claims: Map<ClaimKind, Set<Claimant>> | undefined;
  #children: Set<NamespaceNode> | undefined;

  constructor({ type, inode }: NamespaceKey) {
    this.type = type;
    this.inode = inode;
  }

  get isHeld(): boolean {
    return this.processes > 0 || (this.#claims?.size ?? 0) > 0 || (this.#children?.size ?? 0) > 0;
  }

  get children(): ReadonlySet<NamespaceNode> {
    return this.#children ?? none;
  }

  claims<K extends NamedKind>(kind: K): ReadonlySet<Claimant<K>> {
    return (this.#claims?.get(kind) ?? none) as ReadonlySet<Claimant<K>>;
  }

  /** Whether nothing that can be seen keeps it. */
  get isUnseen(): boolean {
    return this.#claims?.size === 1 && this.#claims.has('unseen') && this.processes === 0 && !this.#children?.size;
  }

  claim(kind: ClaimKind, claimant: Claimant): void {
    this.#claims ??= new Map();
    const all = this.#claims.get(kind);
    if (all) all.add(claimant);
    else this.#claims.set(kind, new Set([claimant]));
  }

  release(kind: ClaimKind, claimant: Claimant): void {
    const all = this.#claims?.get(kind);
    all?.delete(claimant);
    if (all?.size === 0) this.#claims?.delete(kind);
  }

  adopt(child: NamespaceNode): void {
    this.#children ??= new Set();
    this.#children.add(child);
  }

  disown(child: NamespaceNode): void {
    this.#children?.delete(child);
  }

  /** As clients see it. */
  describe(isInitial: boolean): NamespaceInput {
    const { id, owner, parent, ownerUid } = this.relations ?? {};
    const name = this.type === 'net' ? this.#netnsName() : undefined;
    return {
      type: this.type,
      inode: this.inode,
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      ...(owner !== undefined && { owner }),
      ...(parent !== undefined && { parent }),
      ...(ownerUid !== undefined && { ownerUid }),
      initial: isInitial,
      holders: this.#holders(),
    };
  }

  #holders(): NamespaceInput['holders'] {
    const { oldest, processes } = this;
    const holders: NamespaceInput['holders'] = { processes, ...(oldest && { oldest: oldest.pid }) };
    let unnamed = 0;
    const named = <T>(all: ReadonlySet<T>): T[] | undefined => {
      unnamed += Math.max(0, all.size - holderLimit);
      return all.size === 0 ? undefined : first(all, holderLimit);
    };
    if (!this.#claims && !this.#children) return holders; // most are like this
    const lists = {
      threads: named(this.claims('threads')),
      pending: named(this.claims('pending')),
      descriptors: named(this.claims('descriptors')),
      sockets: named(this.claims('sockets')),
      mounts: named(this.claims('mounts')),
      children: named(this.children)?.map(({ type, inode }) => ({ type, inode })),
    };
    return { ...holders, ...lists, ...(unnamed > 0 && { unnamed }) };
  }

  #netnsName(): string | undefined {
    for (const { path, mnt } of this.claims('mounts')) {
      const name = mnt === undefined ? netnsDirectory.exec(path)?.[1] : undefined;
      if (name !== undefined) return name;
    }
    return undefined;
  }
}

const none: ReadonlySet<never> = new Set();

function first<T>(all: ReadonlySet<T>, count: number): T[] {
  const some: T[] = [];
  for (const each of all) {
    if (some.length === count) break;
    some.push(each);
  }
  return some;
}
