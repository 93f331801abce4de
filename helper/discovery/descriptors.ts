// Namespaces that are kept by an open file, or by a socket that was made in them. No event tells of
// either: only looking does.
import { hasVanished, SysError } from '../sys/errors.ts';
import { namespaceOfSocket, type OpenFile, readDescriptors, readNumbers } from '../walker/walker.ts';
import type { Gaps } from './gaps.ts';
import type { Claim, Namespaces } from './namespaces.ts';
import type { Processes } from './processes.ts';

/** What this process itself has open is there for a moment, to look at something. */
const own = process.pid;

export class Descriptors {
  readonly #namespaces: Namespaces;
  readonly #processes: Processes;
  /** Where each socket was made, by its inode: that never changes. Undefined where the kernel does not tell. */
  #sockets = new Map<number, number | undefined>();
  /** The sockets that were seen in this sweep, so that the others can be forgotten. */
  #seen = new Map<number, number | undefined>();

  constructor(namespaces: Namespaces, processes: Processes) {
    this.#namespaces = namespaces;
    this.#processes = processes;
  }

  /** Everything was looked at: sockets that were not seen are closed, and their numbers may be given again. */
  endRound(): void {
    this.#sockets = this.#seen;
    this.#seen = new Map();
  }

  /** Looks at the descriptors of these processes. Yields between parts that take long. */
  *sweep(pids: Uint32Array, gaps: Gaps): Generator<void> {
    for (const pid of pids) {
      if (pid !== own && this.#processes.known.has(pid)) yield* this.#look(pid, gaps);
    }
  }

  *#look(pid: number, gaps: Gaps): Generator<void> {
    const claims: Claim[] = [];
    try {
      for (const fds of readNumbers(`/proc/${pid}/fd`)) {
        for (const file of readDescriptors(pid, fds)) {
          const claim = this.#claimOf(pid, file, gaps);
          if (claim) claims.push(claim);
        }
        yield;
      }
    } catch (error) {
      if (!hasVanished(error)) gaps.add('open files of processes', `pid ${pid}`, error);
    }
    this.#namespaces.replaceClaims(`descriptors:${pid}`, claims);
  }

  #claimOf(pid: number, { fd, type, inode }: OpenFile, gaps: Gaps): Claim | undefined {
    const claimant = { pid, fd };
    if (type) return { namespace: { type, inode }, kind: 'descriptors', claimant };
    const net = this.#madeIn(pid, fd, inode, gaps);
    // A socket of the namespace that its process is in keeps nothing that the process does not.
    if (net === undefined || net === this.#processes.known.get(pid)?.namespaces.net) return undefined;
    return { namespace: { type: 'net', inode: net }, kind: 'sockets', claimant };
  }

  #madeIn(pid: number, fd: number, inode: number, gaps: Gaps): number | undefined {
    if (this.#sockets.has(inode)) {
      const known = this.#sockets.get(inode);
      this.#seen.set(inode, known);
      return known;
    }
    const net = ask(pid, fd, inode, gaps);
    this.#sockets.set(inode, net);
    this.#seen.set(inode, net);
    return net;
  }
}

function ask(pid: number, fd: number, inode: number, gaps: Gaps): number | undefined {
  try {
    return namespaceOfSocket(pid, fd, inode);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    // Closed meanwhile; or of a kind that belongs to no network namespace.
    if (error.errno !== 'EBADF' && error.errno !== 'ESRCH' && error.errno !== 'ENOTTY')
      gaps.add('namespaces of sockets', `pid ${pid}`, error);
    return undefined;
  }
}
