// Reads that another process can hold up for as long as it likes: its command line waits for its memory, and a path below its
// root directory for its file systems. The main thread sees whose read is under way, and gives this thread up when one does
// not end; the thread that comes after it leaves those of the same owner out.
import { readlinkSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { ownInode } from '../sys/namespaces.ts';
import { processText } from '../sys/process-files.ts';
import { parseNamespaceLink, readStat, statusField } from '../sys/procfs.ts';
import type { Member } from './questions.ts';

/** Whose files a process that holds somebody up has; by its user and its pid namespace it stands for others of its kind. */
export interface Owner {
  readonly uid: number;
  readonly pidNamespace: number;
}

export interface HeldUpBy extends Member {
  /** Undefined for root of this machine, whose other processes are known by their command lines. */
  readonly owner: Owner | undefined;
}

/** What the thread is given to be watched by. */
export interface Watched {
  /** Two numbers: the process that is read, or 0, and how many were before. */
  readonly reading: SharedArrayBuffer;
  readonly heldUpBy: readonly HeldUpBy[];
}

export const readingCell = (buffer = new SharedArrayBuffer(8)): Int32Array<SharedArrayBuffer> => new Int32Array(buffer);

const given = workerData as Partial<Watched> | null;
const cell = readingCell(given?.reading);
const heldUpBy = given?.heldUpBy ?? [];

/**
 * @param process whose read it is; undefined for one of this machine's own, which is not watched
 * @returns `none` where it would hold this thread up, as it has done before
 */
export function unlessHeldUp<T>(process: Member | undefined, none: T, work: () => T): T {
  if (!process) return work();
  if (heldUpBy.length > 0 && isLeftOut(process)) return none;
  Atomics.store(cell, 0, process.pid);
  Atomics.add(cell, 1, 1);
  try {
    return work();
  } finally {
    Atomics.store(cell, 0, 0);
  }
}

function isLeftOut({ pid, start }: Member): boolean {
  if (heldUpBy.some(known => known.pid === pid && known.start === start)) return true;
  const own = ownerOf(pid);
  return own !== undefined && heldUpBy.some(({ owner }) => owner?.uid === own.uid && owner.pidNamespace === own.pidNamespace);
}

/** Neither file waits for the memory of the process. */
function ownerOf(pid: number): Owner | undefined {
  try {
    const uid = Number(statusField(processText(pid, 'status', 'latin1'), 'Uid')?.split('\t')[0]);
    return { uid, pidNamespace: parseNamespaceLink(readlinkSync(`/proc/${pid}/ns/pid`)) };
  } catch {
    return undefined; // it has ended, or may not be looked at
  }
}

/** @returns undefined when it has ended, and holds nobody up any more */
export function holderOf(pid: number): HeldUpBy | undefined {
  const owner = ownerOf(pid);
  if (!owner) return undefined;
  const isRootHere = owner.uid === 0 && owner.pidNamespace === ownInode('pid');
  try {
    return { pid, start: readStat(pid).start, owner: isRootHere ? undefined : owner };
  } catch {
    return undefined;
  }
}
