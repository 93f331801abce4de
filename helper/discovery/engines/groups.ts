// From what was found of processes to containers. One that makes namespaces inside itself, or into which somebody went, has
// several processes that look like its init: it is the oldest.
import { isDeepStrictEqual } from 'node:util';
import type { Container, Process } from '../../protocol/model.ts';
import type { Found } from './engine.ts';

export interface Member {
  readonly process: Process;
  readonly found: Found;
  /** Root of this machine says so, see {@link isRootsWord}. */
  readonly isRoots: boolean;
}

/** A container by what was said of it, before it is known what others are called. */
interface Claim {
  readonly container: Omit<Container, 'within'>;
  readonly isRoots: boolean;
  /** The group of the container that its engine runs in. */
  readonly outer: string | undefined;
}

export class Groups {
  readonly #members = new Map<string, Set<Member>>();
  readonly #memberOf = new Map<number, Member>();
  readonly #claims = new Map<string, Claim>();
  readonly #changed = new Set<string>();
  /** Those of processes in a pid namespace that is inside another one: what they are in may come to be known later. */
  readonly #nested = new Set<string>();
  #list: readonly Container[] = [];

  /** What is known of a process from now on; undefined when it is of no container, or has ended. */
  set(pid: number, member: Member | undefined): void {
    const before = this.#memberOf.get(pid);
    if (before) {
      const group = this.#members.get(before.found.group);
      group?.delete(before);
      if (group?.size === 0) {
        this.#members.delete(before.found.group);
        this.#nested.delete(before.found.group);
      }
      this.#changed.add(before.found.group);
      this.#memberOf.delete(pid);
    }
    if (!member) return;
    this.#memberOf.set(pid, member);
    const group = this.#members.get(member.found.group) ?? new Set();
    this.#members.set(member.found.group, group.add(member));
    if (member.process.pids.length > 2) this.#nested.add(member.found.group);
    this.#changed.add(member.found.group);
  }

  /** True when the list is another one now. */
  settle(processes: ReadonlyMap<number, Process>): boolean {
    let isOther = false;
    if (this.#changed.size > 0) for (const group of this.#nested) this.#changed.add(group);
    for (const group of this.#changed) {
      const claim = this.#claimOf(group, processes);
      const before = this.#claims.get(group);
      if (isDeepStrictEqual(claim, before)) continue;
      if (claim) this.#claims.set(group, claim);
      else this.#claims.delete(group);
      isOther = true;
    }
    this.#changed.clear();
    if (isOther) this.#list = listed(this.#claims);
    return isOther;
  }

  get list(): readonly Container[] {
    return this.#list;
  }

  /** Is it by this process that its container is known? */
  isInit(pid: number): boolean {
    const member = this.#memberOf.get(pid);
    return member !== undefined && this.#initOf(member.found.group) === member;
  }

  #initOf(group: string): Member | undefined {
    const [first, ...rest] = this.#members.get(group) ?? [];
    return first && rest.reduce((oldest, each) => (each.process.start < oldest.process.start ? each : oldest), first);
  }

  #claimOf(group: string, processes: ReadonlyMap<number, Process>): Claim | undefined {
    const init = this.#initOf(group);
    if (!init) return undefined;
    const { group: _, complete: __, api: ___, ...container } = init.found;
    const { pid, start } = init.process;
    return { container: { ...container, pid, start }, isRoots: init.isRoots, outer: this.#around(init, processes) };
  }

  /** The group of the container that its engine runs in: one whose init is above it. A service of systemd's is no such thing. */
  #around({ process, found }: Member, processes: ReadonlyMap<number, Process>): string | undefined {
    const seen = new Set<number>();
    for (
      let above = processes.get((processes.get(process.pid) ?? process).parent);
      above && !seen.has(above.pid);
      above = processes.get(above.parent)
    ) {
      seen.add(above.pid);
      const outer = this.#memberOf.get(above.pid)?.found;
      if (outer && outer.group !== found.group && outer.engine !== 'systemd') return outer.group;
    }
    return undefined;
  }
}

/**
 * Anybody can give a container any id. One that root of this machine speaks for keeps it, then the one that is there the
 * longest; the others are told apart by their pid.
 */
function listed(claims: ReadonlyMap<string, Claim>): Container[] {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  const byTrust = [...claims].sort(([, a], [, b]) => Number(b.isRoots) - Number(a.isRoots) || a.container.start - b.container.start);
  for (const [group, { container }] of byTrust) {
    let { id } = container;
    while (taken.has(id)) id += `@${container.pid}`;
    taken.add(id);
    ids.set(group, id);
  }
  return [...claims].map(([group, { container, outer }]) => {
    const within = outer === undefined ? undefined : ids.get(outer);
    return { ...container, id: ids.get(group) ?? container.id, ...(within !== undefined && { within }) };
  });
}
