import { namespaceId } from '../helper/protocol/difference.ts';
import {
  type Container,
  type Namespace,
  type NamespaceInodes,
  type NamespaceKey,
  namespaceTypes,
  type Process,
  type Sandbox,
  type Snapshot,
} from '../helper/protocol/model.ts';

const nothing: Snapshot = { namespaces: [], processes: [], containers: [], gaps: [] };

function group<T>(all: readonly T[], keysOf: (each: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    for (const key of keysOf(each)) {
      const group = groups.get(key);
      if (group) group.push(each);
      else groups.set(key, [each]);
    }
  }
  return groups;
}

/** The namespaces in the order in which views list them. */
export const keysOf = (inodes: NamespaceInodes): NamespaceKey[] =>
  namespaceTypes.flatMap(type => {
    const inode = inodes[type];
    return inode === undefined ? [] : [{ type, inode }];
  });

/** A snapshot and the sandboxes, with the questions that views ask. Never changes; indexes are made when first asked for. */
export class Machine {
  readonly snapshot: Snapshot;
  readonly sandboxes: readonly Sandbox[];
  readonly #helperPid: number | undefined;
  #processes: Map<number, Process> | undefined;
  #namespaces: Map<string, Namespace> | undefined;
  #members: Map<string, Process[]> | undefined;
  #sharing: Map<string, Container[]> | undefined;
  #host: NamespaceInodes | undefined;

  constructor(snapshot: Snapshot = nothing, sandboxes: readonly Sandbox[] = [], helperPid?: number) {
    this.snapshot = snapshot;
    this.sandboxes = sandboxes;
    this.#helperPid = helperPid;
  }

  process(pid: number): Process | undefined {
    this.#processes ??= new Map(this.snapshot.processes.map(each => [each.pid, each]));
    return this.#processes.get(pid);
  }

  namespace(key: NamespaceKey): Namespace | undefined {
    this.#namespaces ??= new Map(this.snapshot.namespaces.map(each => [namespaceId(each), each]));
    return this.#namespaces.get(namespaceId(key));
  }

  container(id: string): Container | undefined {
    return this.snapshot.containers.find(each => each.id === id);
  }

  sandbox(idOrName: string): Sandbox | undefined {
    return this.sandboxes.find(each => each.id === idOrName || each.name === idOrName);
  }

  /** The processes in a namespace, by pid. */
  members(key: NamespaceKey): readonly Process[] {
    this.#members ??= group(
      [...this.snapshot.processes].sort((a, b) => a.pid - b.pid),
      each => keysOf(each.namespaces).map(namespaceId),
    );
    return this.#members.get(namespaceId(key)) ?? [];
  }

  /** The containers whose init is in a namespace. */
  sharing(key: NamespaceKey): readonly Container[] {
    this.#sharing ??= group(this.snapshot.containers, each => keysOf(this.process(each.pid)?.namespaces ?? {}).map(namespaceId));
    return this.#sharing.get(namespaceId(key)) ?? [];
  }

  /** The namespaces that the machine booted with; the helper's own where it cannot see those. */
  get host(): NamespaceInodes {
    const own = this.#helperPid === undefined ? undefined : this.process(this.#helperPid);
    this.#host ??= {
      ...own?.namespaces,
      ...Object.fromEntries(this.snapshot.namespaces.filter(each => each.initial).map(each => [each.type, each.inode])),
    };
    return this.#host;
  }

  isHosts(key: NamespaceKey): boolean {
    return this.host[key.type] === key.inode;
  }

  /** The namespaces of these that are not the host's. */
  differing(inodes: NamespaceInodes): NamespaceKey[] {
    return keysOf(inodes).filter(key => !this.isHosts(key));
  }

  /** The processes of whatever has this init: those in its pid namespace, or only it where that is the host's. */
  belonging(pid: number): readonly Process[] {
    const init = this.process(pid);
    const inode = init?.namespaces.pid;
    if (!init || inode === undefined || this.isHosts({ type: 'pid', inode })) return init ? [init] : [];
    return this.members({ type: 'pid', inode });
  }
}
