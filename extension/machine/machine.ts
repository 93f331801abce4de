import type { Difference } from '../../helper/protocol/difference.ts';
import type {
  Container,
  Gap,
  Namespace,
  NamespaceInodes,
  NamespaceKey,
  NamespaceType,
  Process,
  Sandbox,
  Snapshot,
} from '../../helper/protocol/model.ts';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';
import { Namespaces } from './namespaces.ts';
import { keysOf, PerNamespace } from './per-namespace.ts';
import { Processes } from './processes.ts';

const nothing = { namespaces: [], processes: [], containers: [] };

/** What the machine is told of itself when it is made. */
export interface Viewpoint {
  /** The helper's own process: its namespaces stand for the host's where those are hidden from it. */
  readonly helperPid?: number;
  /** Whether the helper is root. */
  readonly privileged?: boolean;
  /** The user who looks. */
  readonly uid?: number;
}

/** The difference from an empty machine to this one. */
const asDifference = ({ gaps, ...added }: Snapshot): Difference => ({ added, changed: nothing, removed: nothing, gaps });

/**
 * What is known of the machine, with the questions that views ask. It changes in place: a difference
 * costs what is in it, however much there is besides.
 */
export class Machine {
  readonly viewpoint: Viewpoint;
  readonly #namespaces = new Namespaces();
  readonly #processes = new Processes();
  #gaps: readonly Gap[] = [];
  #sandboxes: readonly Sandbox[] = [];
  #bySandbox = new PerNamespace<Sandbox>();

  constructor(snapshot?: Snapshot, sandboxes: readonly Sandbox[] = [], viewpoint: Viewpoint = {}) {
    this.viewpoint = viewpoint;
    if (snapshot) this.apply(asDifference(snapshot));
    this.takeSandboxes(sandboxes);
  }

  apply({ added, changed, removed, gaps }: Difference): void {
    for (const pid of removed.processes) this.#processes.delete(pid);
    for (const id of removed.containers) this.#processes.deleteContainer(id);
    for (const key of removed.namespaces) this.#namespaces.delete(key);
    for (const part of [changed, added]) {
      for (const process of part.processes) this.#processes.set(process);
      for (const container of part.containers) this.#processes.setContainer(container);
      for (const namespace of part.namespaces) this.#namespaces.set(namespace);
    }
    this.#gaps = gaps;
  }

  takeSandboxes(sandboxes: readonly Sandbox[]): void {
    this.#sandboxes = sandboxes;
    this.#bySandbox = new PerNamespace();
    for (const each of sandboxes) for (const key of keysOf(each.namespaces)) this.#bySandbox.set(key, each);
  }

  /** What could not be read, and why. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  get sandboxes(): readonly Sandbox[] {
    return this.#sandboxes;
  }

  get processes(): ReadonlyMap<number, Process> {
    return this.#processes.all;
  }

  get containers(): ReadonlyMap<string, Container> {
    return this.#processes.containers;
  }

  process(pid: number): Process | undefined {
    return this.#processes.all.get(pid);
  }

  namespace(key: NamespaceKey): Namespace | undefined {
    return this.#namespaces.get(key);
  }

  namespacesOf(type: NamespaceType): ReadonlyMap<number, Namespace> {
    return this.#namespaces.ofType(type);
  }

  /** The inodes of all namespaces of a type, in their order. */
  inodes(type: NamespaceType): readonly number[] {
    return this.#namespaces.inodes(type);
  }

  container(id: string): Container | undefined {
    return this.#processes.containers.get(id);
  }

  sandbox(idOrName: string): Sandbox | undefined {
    return this.#sandboxes.find(each => each.id === idOrName || each.name === idOrName);
  }

  /** The sandbox that was made with a namespace. */
  sandboxWith(key: NamespaceKey): Sandbox | undefined {
    return this.#bySandbox.get(key);
  }

  /** The processes in a namespace, by pid. */
  members(key: NamespaceKey): readonly Process[] {
    return [...this.#processes.members(key)].sort((a, b) => a.pid - b.pid);
  }

  /** The processes that a process started, in no order. */
  startedBy(pid: number): Iterable<Process> {
    return this.#processes.childrenOf(pid);
  }

  /** The processes that a process started, by pid. */
  childrenOf(pid: number): readonly Process[] {
    return [...this.#processes.childrenOf(pid)].sort((a, b) => a.pid - b.pid);
  }

  isKernelThread(process: Process): boolean {
    return this.#processes.isKernelThread(process);
  }

  /** The containers whose init is in a namespace. */
  sharing(key: NamespaceKey): readonly Container[] {
    return [...this.#processes.sharing(key)].sort((a, b) => a.pid - b.pid || (a.id < b.id ? -1 : 1));
  }

  /** The container whose init this is. */
  containerOfInit(pid: number): Container | undefined {
    return [...this.#processes.containersOf(pid)].sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  }

  /** What a user namespace owns, nested user namespaces among it; by inode. */
  ownedBy(inode: number): readonly Namespace[] {
    return [...this.#namespaces.ownedBy(inode)].sort((a, b) => a.inode - b.inode);
  }

  /** Those whose owner is not to be seen, by inode; outermost user namespaces are among them. */
  ownerless(): readonly Namespace[] {
    return [...this.#namespaces.ownerless()].sort((a, b) => a.inode - b.inode);
  }

  /** The pid namespaces in a pid namespace, by inode. */
  nestedIn(inode: number): readonly Namespace[] {
    return [...this.#namespaces.nestedIn(inode)].sort((a, b) => a.inode - b.inode);
  }

  /** Whether the host, a sandbox or a container has it. */
  isClaimed(key: NamespaceKey): boolean {
    return this.isHosts(key) || this.#bySandbox.get(key) !== undefined || this.#processes.sharing(key).size > 0;
  }

  /** The inodes of a type that the host, a sandbox or a container has. */
  claimed(type: NamespaceType): ReadonlySet<number> {
    const inodes = new Set(this.#processes.sharedInodes(type));
    for (const inode of this.#bySandbox.ofType(type).keys()) inodes.add(inode);
    const host = this.#hostInode(type);
    return host === undefined ? inodes : inodes.add(host);
  }

  /** The namespaces that the machine booted with; the helper's own where it cannot see those. */
  get host(): NamespaceInodes {
    return { ...this.#helpers, ...this.#namespaces.initial };
  }

  get #helpers(): NamespaceInodes | undefined {
    const { helperPid } = this.viewpoint;
    return helperPid === undefined ? undefined : this.process(helperPid)?.namespaces;
  }

  #hostInode(type: NamespaceType): number | undefined {
    return this.#namespaces.initial[type] ?? this.#helpers?.[type];
  }

  isHosts({ type, inode }: NamespaceKey): boolean {
    return this.#hostInode(type) === inode;
  }

  /** Whether any of them is not the host's. */
  isElsewhere(inodes: NamespaceInodes): boolean {
    return namespaceTypes.some(type => inodes[type] !== undefined && inodes[type] !== this.#hostInode(type));
  }

  /** The namespaces of these that are not the host's. */
  differing(inodes: NamespaceInodes): NamespaceKey[] {
    return keysOf(inodes).filter(key => !this.isHosts(key));
  }

  /** The processes of whatever has this init: those in its pid namespace, or only it where that is the host's; none without an init. */
  belonging(pid: number | undefined): readonly Process[] {
    const init = pid === undefined ? undefined : this.process(pid);
    const inode = init?.namespaces.pid;
    if (!init || inode === undefined || this.isHosts({ type: 'pid', inode })) return init ? [init] : [];
    return this.members({ type: 'pid', inode });
  }
}
