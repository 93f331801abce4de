import type { Container, NamespaceKey, NamespaceType, Process } from '../../helper/protocol/model.ts';
import { GroupPerNamespace, keysOf } from './per-namespace.ts';

const KTHREADD = 2;

function add<K, V>(groups: Map<K, Set<V>>, key: K, value: V): void {
  const group = groups.get(key);
  if (group) group.add(value);
  else groups.set(key, new Set([value]));
}

function remove<K, V>(groups: Map<K, Set<V>>, key: K, value: V): void {
  const group = groups.get(key);
  group?.delete(value);
  if (group?.size === 0) groups.delete(key);
}

/** The processes and the containers whose inits they are, patched one by one: what is asked of them is looked up. */
export class Processes {
  readonly #processes = new Map<number, Process>();
  readonly #members = new GroupPerNamespace<Process>();
  readonly #byParent = new Map<number, Set<Process>>();
  readonly #containers = new Map<string, Container>();
  readonly #byInit = new Map<number, Set<Container>>();
  readonly #sharing = new GroupPerNamespace<Container>();

  get all(): ReadonlyMap<number, Process> {
    return this.#processes;
  }

  get containers(): ReadonlyMap<string, Container> {
    return this.#containers;
  }

  members(key: NamespaceKey): ReadonlySet<Process> {
    return this.#members.of(key);
  }

  childrenOf(pid: number): Iterable<Process> {
    return this.#byParent.get(pid) ?? [];
  }

  /** The containers whose init is in a namespace. */
  sharing(key: NamespaceKey): ReadonlySet<Container> {
    return this.#sharing.of(key);
  }

  /** The inodes of a type in which there is the init of a container. */
  sharedInodes(type: NamespaceType): Iterable<number> {
    return this.#sharing.ofType(type).keys();
  }

  /** The containers whose init it is: more than one where an engine and its runtime both tell of it. */
  containersOf(pid: number): Iterable<Container> {
    return this.#byInit.get(pid) ?? [];
  }

  /** A thread of the kernel has no program, and kthreadd as its parent. */
  isKernelThread({ pid, parent, command }: Process): boolean {
    if (command !== '' || (pid !== KTHREADD && parent !== KTHREADD)) return false;
    const first = this.#processes.get(KTHREADD);
    return first?.name === 'kthreadd' && first.parent === 0;
  }

  set(process: Process): void {
    this.delete(process.pid);
    this.#processes.set(process.pid, process);
    add(this.#byParent, process.parent, process);
    const keys = keysOf(process.namespaces);
    for (const key of keys) this.#members.add(key, process);
    for (const container of this.containersOf(process.pid)) for (const key of keys) this.#sharing.add(key, container);
  }

  delete(pid: number): void {
    const process = this.#processes.get(pid);
    if (!process) return;
    this.#processes.delete(pid);
    remove(this.#byParent, process.parent, process);
    const keys = keysOf(process.namespaces);
    for (const key of keys) this.#members.remove(key, process);
    for (const container of this.containersOf(pid)) for (const key of keys) this.#sharing.remove(key, container);
  }

  setContainer(container: Container): void {
    this.deleteContainer(container.id);
    this.#containers.set(container.id, container);
    add(this.#byInit, container.pid, container);
    for (const key of this.#namespacesOf(container)) this.#sharing.add(key, container);
  }

  deleteContainer(id: string): void {
    const container = this.#containers.get(id);
    if (!container) return;
    this.#containers.delete(id);
    remove(this.#byInit, container.pid, container);
    for (const key of this.#namespacesOf(container)) this.#sharing.remove(key, container);
  }

  #namespacesOf({ pid }: Container): readonly NamespaceKey[] {
    return keysOf(this.#processes.get(pid)?.namespaces ?? {});
  }
}
