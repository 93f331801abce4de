import type { NamespaceInodes, NamespaceType, Process } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { errnoName, hasVanished } from '../sys/errors.ts';
import type { Sighting } from '../walker/sighting.ts';
import { type Facts, readFacts } from './facts.ts';
import type { NamespaceNode } from './namespace-node.ts';
import { claimsOn, type Namespaces } from './namespaces.ts';

const ESRCH = 3;

/** What is remembered of a process besides what clients are told. */
interface Memory {
  readonly identityLow: number;
  readonly identityHigh: number;
  /** The last round of looking at every process in which it was there. */
  round: number;
  isPublished: boolean;
}

/** Every process, in step with the namespaces that they hold. */
export class Processes {
  readonly #namespaces: Namespaces;
  readonly #known = new Map<number, Process>();
  readonly #memory = new Map<number, Memory>();
  readonly #unreadable = new Map<number, string>();
  #changed = new Set<number>();
  /** Those and the ones that an event told of, though nothing of them is another: what engines say of them may be. */
  #touched = new Set<number>();
  /** Those that clients know, and that are gone. */
  #removed = new Set<number>();
  /** Namespaces whose oldest process has left. */
  readonly #orphaned = new Set<NamespaceNode>();
  #round = 0;

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  get known(): ReadonlyMap<number, Process> {
    return this.#known;
  }

  /** The processes whose namespaces could not be read, and the errno. */
  get unreadable(): ReadonlyMap<number, string> {
    return this.#unreadable;
  }

  /** @param isStale an event said that it may have another name, user or command by now */
  see(sighting: Sighting, isStale: boolean): void {
    const pid = sighting.id;
    const before = this.#known.get(pid);
    const memory = this.#memory.get(pid);
    if (sighting.error === ESRCH) {
      this.remove(pid);
      return;
    }
    const { identityLow, identityHigh } = sighting;
    const isSame = before !== undefined && memory?.identityLow === identityLow && memory.identityHigh === identityHigh;
    if (isSame) memory.round = this.#round;
    if (isSame && !isStale && hasSameNamespaces(before, sighting)) return;
    const facts = isSame && !isStale ? before : tryFacts(pid);
    if (!facts) {
      this.remove(pid);
      return;
    }
    // Another process has its number: the old one's end was missed.
    if (before && facts.start !== before.start) this.remove(pid);
    this.#remember(pid, sighting);
    this.#put(pid, facts, sighting);
  }

  #remember(pid: number, { identityLow, identityHigh, error }: Sighting): void {
    const isPublished = this.#memory.get(pid)?.isPublished ?? false;
    this.#memory.set(pid, { identityLow, identityHigh, round: this.#round, isPublished });
    if (error === 0) this.#unreadable.delete(pid);
    else this.#unreadable.set(pid, errnoName(error));
  }

  #put(pid: number, facts: Facts, sighting: Sighting): void {
    const before = this.#known.get(pid);
    const { parent, start, name, command, uid, pids } = facts;
    const forChildren = childrenElsewhere(sighting);
    const namespaces = this.#inodesOf(sighting, parent);
    const threads = before?.threads;
    const process: Process = {
      pid,
      parent,
      start,
      name,
      command,
      uid,
      namespaces,
      pids,
      ...(forChildren && { forChildren }),
      ...(threads && { threads }),
    };
    this.#known.set(pid, process);
    this.#touched.add(pid);
    // Its name, say, may have been read before the event came that tells of it.
    if (!before || JSON.stringify(before) !== JSON.stringify(process)) this.#changed.add(pid);
    // First in, then out: a namespace that it stays in must not seem to be left.
    for (const type of namespaceTypes) this.#join(type, process);
    if (before) for (const type of namespaceTypes) this.#leave(type, before);
    this.#namespaces.replaceClaims(`pending:${pid}`, claimsOn(forChildren ?? {}, 'pending', pid));
  }

  /** Most are where their parent is, and share what says so with it. */
  #inodesOf(sighting: Sighting, parent: number): NamespaceInodes {
    const shared = this.#known.get(parent)?.namespaces;
    return shared && isIn(shared, sighting) ? shared : inodesIn(sighting);
  }

  /** Says which of its threads are elsewhere; they are read more rarely than processes. */
  setThreads(pid: number, threads: NonNullable<Process['threads']>): void {
    const process = this.#known.get(pid);
    if (!process || JSON.stringify(process.threads ?? []) === JSON.stringify(threads)) return;
    const { threads: _, ...rest } = process;
    this.#known.set(pid, threads.length > 0 ? { ...rest, threads } : rest);
    this.#changed.add(pid);
  }

  remove(pid: number): void {
    const process = this.#known.get(pid);
    if (!process) return;
    if (this.#memory.get(pid)?.isPublished) this.#removed.add(pid);
    this.#known.delete(pid);
    this.#memory.delete(pid);
    this.#unreadable.delete(pid);
    this.#changed.add(pid);
    for (const type of namespaceTypes) this.#leave(type, process);
    for (const source of ['pending', 'threads', 'descriptors']) this.#namespaces.replaceClaims(`${source}:${pid}`, []);
  }

  /** From now on every process that is seen counts as seen in this round. */
  beginRound(): void {
    this.#round++;
  }

  /** Those that were not seen in the round have ended. */
  endRound(): void {
    for (const [pid, { round }] of this.#memory) if (round !== this.#round) this.remove(pid);
  }

  #join(type: NamespaceType, process: Process): void {
    const inode = process.namespaces[type];
    if (inode === undefined) return;
    const node = this.#namespaces.reach({ type, inode });
    // The inode may be another namespace's since the last one left.
    if (node.processes === 0) this.#namespaces.unrelated.add(node);
    node.processes++;
    if (node.oldest?.pid === process.pid || (!this.#orphaned.has(node) && (!node.oldest || isOlder(process, node.oldest))))
      node.oldest = process;
    this.#namespaces.touch(node);
  }

  #leave(type: NamespaceType, process: Process): void {
    const inode = process.namespaces[type];
    const node = inode === undefined ? undefined : this.#namespaces.find({ type, inode });
    if (!node) return;
    node.processes--;
    const isStillThere = this.#known.get(process.pid)?.namespaces[type] === inode;
    if (node.oldest?.pid === process.pid && !isStillThere) {
      node.oldest = undefined;
      if (node.processes > 0) this.#orphaned.add(node);
    }
    this.#namespaces.touch(node);
    this.#namespaces.settle(node);
  }

  /** Finds the oldest process of those namespaces that lost theirs, in one pass for all of them. */
  findOldest(): void {
    if (this.#orphaned.size === 0) return;
    for (const process of this.#known.values()) {
      for (const type of namespaceTypes) {
        const inode = process.namespaces[type];
        const node = inode === undefined ? undefined : this.#namespaces.find({ type, inode });
        if (node && this.#orphaned.has(node) && (!node.oldest || isOlder(process, node.oldest))) node.oldest = process;
      }
    }
    // All who were in it may have ended between two looks, and the inode be another namespace's by now.
    for (const node of this.#orphaned) if (node.processes > 0) this.#namespaces.unrelated.add(node);
    this.#orphaned.clear();
  }

  /** The processes in a namespace. */
  membersOf({ type, inode }: { type: NamespaceType; inode: number }): Process[] {
    return [...this.#known.values()].filter(process => process.namespaces[type] === inode);
  }

  /** What changed since the last call. A process that came and went in between is in neither list. */
  takeChanges(): { added: Process[]; changed: Process[]; removed: number[]; touched: ReadonlySet<number> } {
    const added: Process[] = [];
    const changed: Process[] = [];
    for (const pid of this.#changed) {
      const process = this.#known.get(pid);
      const memory = this.#memory.get(pid);
      if (!process || !memory) continue;
      (memory.isPublished ? changed : added).push(process);
      memory.isPublished = true;
    }
    const taken = { added, changed, removed: [...this.#removed], touched: new Set([...this.#touched, ...this.#changed]) };
    this.#changed = new Set();
    this.#touched = new Set();
    this.#removed = new Set();
    return taken;
  }
}

const isOlder = (a: Process, b: Process): boolean => a.start < b.start || (a.start === b.start && a.pid < b.pid);

function tryFacts(pid: number): Facts | undefined {
  try {
    return readFacts(pid);
  } catch (error) {
    if (hasVanished(error)) return undefined;
    throw error;
  }
}

const isIn = (inodes: NamespaceInodes, sighting: Sighting): boolean =>
  namespaceTypes.every((type, kind) => (inodes[type] ?? 0) === sighting.inode(kind));

function inodesIn(sighting: Sighting): NamespaceInodes {
  const inodes: NamespaceInodes = {};
  namespaceTypes.forEach((type, kind) => {
    const inode = sighting.inode(kind);
    if (inode !== 0) inodes[type] = inode;
  });
  return inodes;
}

const PID = namespaceTypes.indexOf('pid');
const TIME = namespaceTypes.indexOf('time');

function childrenElsewhere(sighting: Sighting): NamespaceInodes | undefined {
  const { pidForChildren: pid, timeForChildren: time } = sighting;
  const isPid = pid !== 0 && pid !== sighting.inode(PID);
  const isTime = time !== 0 && time !== sighting.inode(TIME);
  return isPid || isTime ? { ...(isPid && { pid }), ...(isTime && { time }) } : undefined;
}

function hasSameNamespaces(process: Process, sighting: Sighting): boolean {
  const { namespaces, forChildren } = process;
  if (!isIn(namespaces, sighting)) return false;
  const children = childrenElsewhere(sighting);
  return children?.pid === forChildren?.pid && children?.time === forChildren?.time;
}
