import type { Namespace, NamespaceInodes, NamespaceKey, NamespaceType } from '../../helper/protocol/model.ts';
import { GroupPerNamespace, PerNamespace } from './per-namespace.ts';

/** What a namespace is nested in, or owned by: of user namespaces the two are the same. */
export function aboveOf({ type, parent, owner }: Namespace): NamespaceKey | undefined {
  const inode = type === 'user' ? (parent ?? owner) : owner;
  return inode === undefined ? undefined : { type: 'user', inode };
}

/** The namespaces, patched one by one: what is asked of them is looked up. */
export class Namespaces {
  readonly #all = new PerNamespace<Namespace>();
  readonly #owned = new GroupPerNamespace<Namespace>();
  readonly #nested = new GroupPerNamespace<Namespace>();
  /** Those of which the kernel does not tell whose they are. */
  readonly #ownerless = new Set<Namespace>();
  readonly #initial: NamespaceInodes = {};
  readonly #sorted = new Map<NamespaceType, readonly number[]>();

  get(key: NamespaceKey): Namespace | undefined {
    return this.#all.get(key);
  }

  ofType(type: NamespaceType): ReadonlyMap<number, Namespace> {
    return this.#all.ofType(type);
  }

  /** The inodes of a type in their order; sorted again only after one came or went. */
  inodes(type: NamespaceType): readonly number[] {
    const known = this.#sorted.get(type);
    if (known) return known;
    const sorted = [...this.ofType(type).keys()].sort((a, b) => a - b);
    this.#sorted.set(type, sorted);
    return sorted;
  }

  /** What a user namespace owns, nested user namespaces among it. */
  ownedBy(inode: number): ReadonlySet<Namespace> {
    return this.#owned.of({ type: 'user', inode });
  }

  /** Those whose owner is not known, or is none of the namespaces here. */
  ownerless(): readonly Namespace[] {
    const owned = [...this.#owned.ofType('user')].filter(([inode]) => !this.#all.get({ type: 'user', inode }));
    return [...this.#ownerless, ...owned.flatMap(([, each]) => [...each])];
  }

  /** The pid namespaces in a pid namespace. */
  nestedIn(inode: number): ReadonlySet<Namespace> {
    return this.#nested.of({ type: 'pid', inode });
  }

  /** Those that the machine booted with, as far as they are known. */
  get initial(): NamespaceInodes {
    return this.#initial;
  }

  set(namespace: Namespace): void {
    const before = this.#all.get(namespace);
    if (before) this.#unlink(before);
    else this.#sorted.delete(namespace.type);
    this.#all.set(namespace, namespace);
    if (namespace.initial) this.#initial[namespace.type] = namespace.inode;
    const above = aboveOf(namespace);
    if (above) this.#owned.add(above, namespace);
    else this.#ownerless.add(namespace);
    if (namespace.type === 'pid' && namespace.parent !== undefined) this.#nested.add({ type: 'pid', inode: namespace.parent }, namespace);
  }

  delete(key: NamespaceKey): void {
    const namespace = this.#all.get(key);
    if (!namespace) return;
    this.#all.delete(namespace);
    this.#sorted.delete(namespace.type);
    this.#unlink(namespace);
  }

  #unlink(namespace: Namespace): void {
    const { type, inode, parent } = namespace;
    if (this.#initial[type] === inode) delete this.#initial[type];
    const above = aboveOf(namespace);
    if (above) this.#owned.remove(above, namespace);
    else this.#ownerless.delete(namespace);
    if (type === 'pid' && parent !== undefined) this.#nested.remove({ type: 'pid', inode: parent }, namespace);
  }
}
