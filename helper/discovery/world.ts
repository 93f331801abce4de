// What is known of the machine, and the ways of bringing it up to date. Those that may take long are
// generators: whoever runs one sees to other things at each `yield`.
import { closeSync } from 'node:fs';
import type { Gap } from '../protocol/model.ts';
import { openById } from '../sys/namespaces.ts';
import { PROCESSES_AT_ONCE, readNumbers, readProcesses } from '../walker/walker.ts';
import { Descriptors } from './descriptors.ts';
import { Gaps } from './gaps.ts';
import { listNamespaces } from './listns.ts';
import { Mounts } from './mounts.ts';
import type { NamespaceNode } from './namespace-node.ts';
import { Namespaces } from './namespaces.ts';
import { Opener } from './opening.ts';
import { Processes } from './processes.ts';
import { relateNew } from './relating.ts';
import { Threads } from './threads.ts';

export class World {
  readonly namespaces = new Namespaces(isAlive);
  readonly processes = new Processes(this.namespaces);
  readonly opener = new Opener(this.namespaces, this.processes);
  readonly #threads = new Threads(this.namespaces, this.processes);
  readonly #descriptors = new Descriptors(this.namespaces, this.processes);
  readonly #mounts = new Mounts(this.namespaces);
  /** What the last sweep could not read; what could not be read of processes is asked for when it is told. */
  #gaps = new Gaps();

  /** Every process and its namespaces. @param isStale whatever else is known of them is read again, too */
  *scan(isStale: boolean): Generator<void> {
    const pids = [...allPids()];
    this.processes.beginRound();
    for (const some of pids) {
      this.#see(some, isStale);
      yield;
    }
    this.processes.endRound();
    this.#finish();
  }

  /** What else holds namespaces: threads, open files, sockets, mounts. */
  *sweep(): Generator<void> {
    const gaps = new Gaps();
    for (const pids of portions([...this.processes.known.keys()])) {
      yield* this.#threads.sweep(pids, gaps);
      yield* this.#descriptors.sweep(pids, gaps);
    }
    this.#descriptors.endRound();
    const mountNamespaces = yield* this.#mounts.sweep(gaps);
    for (const inode of mountNamespaces) this.#addUnseen({ type: 'mnt', inode });
    for (const key of listNamespaces(this.#ids(), gaps)) this.#addUnseen(key);
    for (const node of this.namespaces.all()) if (!node.relations) this.namespaces.unrelated.add(node);
    this.#gaps = gaps;
    this.namespaces.checkDoubtful();
    this.#finish();
  }

  /** These processes only. */
  look(pids: Iterable<number>, stale: ReadonlySet<number>): void {
    for (const some of portions([...pids])) this.#see(some, stale);
    this.#finish();
  }

  /** @returns those whose parent was one of them: they have another one now, and no event says which */
  end(pids: ReadonlySet<number>): number[] {
    for (const pid of pids) this.processes.remove(pid);
    if (pids.size === 0) return [];
    return [...this.processes.known.values()].flatMap(({ pid, parent }) => (pids.has(parent) ? pid : []));
  }

  /** The mounts that the helper itself sees. */
  *lookAtOwnMounts(): Generator<void> {
    yield* this.#mounts.sweepOwn(this.#gaps);
    this.#finish();
  }

  /** What could not be read, and why. */
  gaps(): Gap[] {
    const unreadable = new Gaps();
    for (const [pid, errno] of this.processes.unreadable) unreadable.add('namespaces of processes', `pid ${pid}`, errno);
    // There always is a process 1, wherever this /proc belongs: proc(5), hidepid.
    if (this.processes.known.size > 0 && !this.processes.known.has(1))
      unreadable.add('processes', 'those of other users', 'hidden by hidepid');
    return [...unreadable.list(), ...this.#gaps.list()];
  }

  #ids(): Set<number> {
    return new Set([...this.namespaces.all()].flatMap(({ relations }) => relations?.id ?? []));
  }

  #see(pids: Uint32Array, stale: ReadonlySet<number> | boolean): void {
    const sighting = readProcesses(pids);
    for (const [index, pid] of pids.entries()) {
      this.processes.see(sighting.at(index), typeof stale === 'boolean' ? stale : stale.has(pid));
    }
  }

  #addUnseen(key: { type: NamespaceNode['type']; inode: number }): void {
    if (!this.namespaces.find(key)) this.namespaces.addUnseen(key);
  }

  #finish(): void {
    this.processes.findOldest();
    relateNew(this.namespaces, this.opener, this.#gaps);
  }
}

function* allPids(): Generator<Uint32Array> {
  for (const pids of readNumbers('/proc')) yield* portions(pids);
}

function* portions(pids: ArrayLike<number>): Generator<Uint32Array> {
  const all = Uint32Array.from(pids);
  for (let at = 0; at < all.length; at += PROCESSES_AT_ONCE) yield all.subarray(at, at + PROCESSES_AT_ONCE);
}

/** Only a number that is never given twice can be asked for without a holder. */
function isAlive(node: NamespaceNode): boolean {
  const id = node.relations?.id;
  if (id === undefined) return false;
  try {
    closeSync(openById(node, id));
    return true;
  } catch {
    return false; // ESTALE: it is gone; EINVAL: this kernel has no such handles
  }
}
