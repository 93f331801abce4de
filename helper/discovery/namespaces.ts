import type { NamespaceInodes, NamespaceKey, NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import type { Relations } from '../walker/walker.ts';
import { type Claimant, type ClaimKind, NamespaceNode } from './namespace-node.ts';

/** One reason why a namespace lives. */
export interface Claim {
  readonly namespace: NamespaceKey;
  readonly kind: ClaimKind;
  readonly claimant: Claimant;
}

/** The same claim on each of these namespaces. */
export const claimsOn = (inodes: NamespaceInodes, kind: ClaimKind, claimant: Claimant): Claim[] =>
  namespaceTypes.flatMap(type => {
    const inode = inodes[type];
    return inode === undefined ? [] : [{ namespace: { type, inode }, kind, claimant }];
  });

/** How long a namespace may go without a visible holder before clients are told. */
const DOUBT_MS = 1000;

const unseen: Claimant = { path: '' };

const keyOf = ({ type, inode }: NamespaceKey): number => namespaceTypes.indexOf(type) * 2 ** 32 + inode;

/** Every namespace that something is known to hold, what holds it, and what of that changed. */
export class Namespaces {
  readonly #nodes = new Map<number, NamespaceNode>();
  /** Who made which claims, so that all of one source are replaced at once. */
  readonly #claims = new Map<string, readonly Claim[]>();
  /** What changed since it was last taken, by {@link takeChanges}. */
  #changed = new Set<NamespaceNode>();
  #removed: NamespaceNode[] = [];
  /** Those whose owner and parent have to be asked for. */
  readonly unrelated = new Set<NamespaceNode>();
  /** Those that nothing seen holds any more, and that the kernel still has. */
  readonly #doubtful = new Set<NamespaceNode>();
  readonly #isAlive: (node: NamespaceNode) => boolean;

  /** @param isAlive whether the kernel has a namespace that nothing seen holds; false where it does not tell */
  constructor(isAlive: (node: NamespaceNode) => boolean) {
    this.#isAlive = isAlive;
  }

  get size(): number {
    return this.#nodes.size;
  }

  all(): IterableIterator<NamespaceNode> {
    return this.#nodes.values();
  }

  find(key: NamespaceKey): NamespaceNode | undefined {
    return this.#nodes.get(keyOf(key));
  }

  /** The node of a namespace; a new one must be given a holder before {@link settle} is called. */
  reach(key: NamespaceKey): NamespaceNode {
    const known = this.find(key);
    if (known) return known;
    const node = new NamespaceNode(key);
    this.#nodes.set(keyOf(key), node);
    this.#changed.add(node);
    this.unrelated.add(node);
    return node;
  }

  /** What nothing seen held may have gone before somebody held it again: then its inode is another namespace's. */
  #doubtRelations(node: NamespaceNode): void {
    if (!node.isHeld || node.isUnseen) this.unrelated.add(node);
  }

  touch(node: NamespaceNode): void {
    this.#changed.add(node);
  }

  /** Says all that `source` holds now; what it held before and is not among them is let go. */
  replaceClaims(source: string, claims: readonly Claim[]): void {
    const before = this.#claims.get(source);
    if (!before && claims.length === 0) return;
    if (before && JSON.stringify(before) === JSON.stringify(claims)) return;
    for (const { namespace, kind, claimant } of claims) {
      const node = this.reach(namespace);
      this.#doubtRelations(node);
      node.claim(kind, claimant);
      this.touch(node);
    }
    for (const { namespace, kind, claimant } of before ?? []) {
      const node = this.find(namespace);
      if (!node) continue;
      node.release(kind, claimant);
      this.touch(node);
      this.settle(node);
      // What still holds it may have come later, and the inode be another namespace's by now.
      if (node.isHeld) this.unrelated.add(node);
    }
    if (claims.length > 0) this.#claims.set(source, claims);
    else this.#claims.delete(source);
  }

  /** The sources of claims whose name begins so. */
  sources(prefix: string): string[] {
    return [...this.#claims.keys()].filter(source => source.startsWith(prefix));
  }

  /**
   * Says what a namespace is related to. Its owner and its parent live at least as long as it does. That
   * it was related to others before means that its inode was another namespace's.
   */
  relate(node: NamespaceNode, relations: Relations): void {
    if (JSON.stringify(node.relations) === JSON.stringify(relations)) return;
    const before = this.#eldersOf(node, key => this.find(key));
    node.relations = relations;
    const after = this.#eldersOf(node, key => this.reach(key));
    for (const elder of after) {
      this.#doubtRelations(elder);
      elder.adopt(node);
      this.touch(elder);
    }
    for (const elder of before) if (!after.has(elder)) this.#disown(elder, node);
    this.touch(node);
  }

  #disown(elder: NamespaceNode, node: NamespaceNode): void {
    elder.disown(node);
    this.touch(elder);
    this.settle(elder);
  }

  /** Forgets a namespace that nothing holds any more, and then those that only it held. */
  settle(node: NamespaceNode): void {
    if (node.isHeld || this.find(node) !== node) return;
    if (this.#isAlive(node)) {
      this.#doubt(node);
      return;
    }
    this.#nodes.delete(keyOf(node));
    this.unrelated.delete(node);
    this.#changed.delete(node);
    this.#doubtful.delete(node);
    if (node.isPublished) this.#removed.push(node);
    for (const elder of this.#eldersOf(node, key => this.find(key))) this.#disown(elder, node);
  }

  get hasDoubtful(): boolean {
    return this.#doubtful.size > 0;
  }

  /** Looks again at those that nothing seen holds: the kernel takes its time to let go of what a process held. */
  checkDoubtful(): void {
    for (const node of this.#doubtful) {
      if (node.isUnseen && this.#isAlive(node)) continue;
      this.#doubtful.delete(node);
      node.release('unseen', unseen);
      this.touch(node);
      this.settle(node);
      if (node.isHeld) this.unrelated.add(node);
    }
  }

  /** The kernel lists it, and nothing seen holds it. */
  addUnseen(key: NamespaceKey): void {
    const node = this.reach(key);
    if (node.isHeld) return;
    this.#doubt(node);
    this.touch(node);
  }

  #doubt(node: NamespaceNode): void {
    node.claim('unseen', unseen);
    node.doubtedAtMs = performance.now();
    this.#doubtful.add(node);
  }

  #eldersOf(node: NamespaceNode, look: (key: NamespaceKey) => NamespaceNode | undefined): Set<NamespaceNode> {
    const { owner, parent } = node.relations ?? {};
    const keys: NamespaceKey[] = [];
    const add = (type: NamespaceType, inode: number | undefined): void => {
      if (inode !== undefined) keys.push({ type, inode });
    };
    add('user', owner);
    add(node.type, parent);
    return new Set(keys.flatMap(key => look(key) ?? []));
  }

  /** What changed since the last call. */
  takeChanges(): { changed: NamespaceNode[]; removed: NamespaceNode[] } {
    // Most of what nothing holds is gone a moment later: to show it without holders would only flicker.
    const youngestMs = performance.now() - DOUBT_MS;
    const waiting = [...this.#doubtful].filter(node => this.#changed.has(node) && node.doubtedAtMs > youngestMs);
    for (const node of waiting) this.#changed.delete(node);
    const taken = { changed: [...this.#changed], removed: this.#removed };
    this.#changed = new Set(waiting);
    this.#removed = [];
    return taken;
  }
}
