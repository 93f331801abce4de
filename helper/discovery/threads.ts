// Threads that are in other namespaces than their process. No event tells of them: only looking does.
import type { NamespaceInodes, Process } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { hasVanished } from '../sys/errors.ts';
import type { Sighting } from '../walker/sighting.ts';
import { readNumbers, readThreads, threadCounts } from '../walker/walker.ts';
import type { Gaps } from './gaps.ts';
import { type Claim, claimsOn, type Namespaces } from './namespaces.ts';
import type { Processes } from './processes.ts';

type Thread = NonNullable<Process['threads']>[number];

/** What one thread has that its process has not. */
interface Differing {
  readonly thread: Thread;
  readonly claims: readonly Claim[];
}

export class Threads {
  readonly #namespaces: Namespaces;
  readonly #processes: Processes;
  /** Those that had such a thread when they were last looked at. */
  readonly #odd = new Set<number>();

  constructor(namespaces: Namespaces, processes: Processes) {
    this.#namespaces = namespaces;
    this.#processes = processes;
  }

  /** Looks at the threads of these processes. Yields between parts that take long. */
  *sweep(pids: Uint32Array, gaps: Gaps): Generator<void> {
    const counts = threadCounts(pids);
    for (const [index, pid] of pids.entries()) {
      const count = counts[index] ?? 0;
      if (count < 2 && !this.#odd.has(pid)) continue;
      const process = this.#processes.known.get(pid);
      if (process) yield* this.#look(process, gaps);
      else this.#odd.delete(pid);
    }
  }

  *#look(process: Process, gaps: Gaps): Generator<void> {
    const { pid } = process;
    const found: Differing[] = [];
    try {
      for (const tids of readNumbers(`/proc/${pid}/task`)) {
        const { count, sighting } = readThreads(pid, tids);
        for (let index = 0; index < count; index++) found.push(differing(process, sighting.at(index)));
        yield;
      }
    } catch (error) {
      if (!hasVanished(error)) gaps.add('threads of processes', `pid ${pid}`, error);
    }
    if (found.length > 0) this.#odd.add(pid);
    else this.#odd.delete(pid);
    this.#processes.setThreads(
      pid,
      found.map(({ thread }) => thread).filter(({ namespaces }) => Object.keys(namespaces).length > 0),
    );
    this.#namespaces.replaceClaims(
      `threads:${pid}`,
      found.flatMap(({ claims }) => claims),
    );
  }
}

/** A thread that only its next child will be elsewhere of holds that namespace as a thread, too. */
function differing(process: Process, sighting: Sighting): Differing {
  const tid = sighting.id;
  const namespaces: NamespaceInodes = {};
  namespaceTypes.forEach((type, kind) => {
    const inode = sighting.inode(kind);
    if (inode !== 0 && inode !== process.namespaces[type]) namespaces[type] = inode;
  });
  const pending: NamespaceInodes = {};
  const { pidForChildren: pid, timeForChildren: time } = sighting;
  if (pid !== 0 && pid !== process.namespaces.pid && pid !== process.forChildren?.pid) pending.pid = pid;
  if (time !== 0 && time !== process.namespaces.time && time !== process.forChildren?.time) pending.time = time;
  const claims = [namespaces, pending].flatMap(inodes => claimsOn(inodes, 'threads', { pid: process.pid, tid }));
  return { thread: { tid, namespaces }, claims };
}
