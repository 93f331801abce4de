import type { NamespaceInodes, NamespaceKey, NamespaceType } from '../../helper/protocol/model.ts';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';

/** The namespaces in the order in which views list them. */
export const keysOf = (inodes: NamespaceInodes): NamespaceKey[] =>
  namespaceTypes.flatMap(type => {
    const inode = inodes[type];
    return inode === undefined ? [] : [{ type, inode }];
  });

/** One value for each namespace. A map by text would have to put that text together for every look. */
export class PerNamespace<V> {
  readonly #types: Readonly<Record<NamespaceType, Map<number, V>>> = {
    net: new Map(),
    mnt: new Map(),
    pid: new Map(),
    user: new Map(),
    uts: new Map(),
    ipc: new Map(),
    cgroup: new Map(),
    time: new Map(),
  };

  ofType(type: NamespaceType): ReadonlyMap<number, V> {
    return this.#types[type];
  }

  get({ type, inode }: NamespaceKey): V | undefined {
    return this.#types[type].get(inode);
  }

  set({ type, inode }: NamespaceKey, value: V): void {
    this.#types[type].set(inode, value);
  }

  delete({ type, inode }: NamespaceKey): void {
    this.#types[type].delete(inode);
  }
}

const none: ReadonlySet<never> = new Set();

/** What is of each namespace. A namespace of which nothing is left takes no room. */
export class GroupPerNamespace<V> {
  readonly #groups = new PerNamespace<Set<V>>();

  of(key: NamespaceKey): ReadonlySet<V> {
    return this.#groups.get(key) ?? none;
  }

  /** All groups of a type, by inode. */
  ofType(type: NamespaceType): ReadonlyMap<number, ReadonlySet<V>> {
    return this.#groups.ofType(type);
  }

  add(key: NamespaceKey, value: V): void {
    const group = this.#groups.get(key);
    if (group) group.add(value);
    else this.#groups.set(key, new Set([value]));
  }

  remove(key: NamespaceKey, value: V): void {
    const group = this.#groups.get(key);
    group?.delete(value);
    if (group?.size === 0) this.#groups.delete(key);
  }
}
