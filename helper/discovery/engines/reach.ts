// Who may say what about whom. A file or a socket can be made by anybody, so what it says of a process is believed
// only where the kernel shows that this process can be a container of theirs.
import { closeSync } from 'node:fs';
import type { Process } from '../../protocol/model.ts';
import { NS_GET_PARENT } from '../../sys/flags.ts';
import { sys } from '../../sys/libc.ts';
import { inodeOf, openNamespaceFile, ownerUidOf } from '../../sys/namespaces.ts';
import { readNamespace, supportedTypes } from '../../sys/procfs.ts';

/** Whose word it is. */
export interface Claimant {
  readonly uid: number;
  /** Inodes of the namespaces it is in. */
  readonly user: number;
  readonly pid: number;
  readonly time: number | undefined;
  /** How many pid namespaces it is in: 1 beside the helper. */
  readonly depth: number;
}

interface Ancestor {
  readonly inode: number;
  /** Who made it; user namespaces only. */
  readonly uid: number | undefined;
}

/** Namespaces of one process: at most this many are above each other, user_namespaces(7). */
const LEVELS = 33;

export class Reach {
  readonly #user = readNamespace('self', 'user');
  readonly #pid = readNamespace('self', 'pid');
  readonly #mnt = readNamespace('self', 'mnt');
  readonly #time = supportedTypes.includes('time') ? readNamespace('self', 'time') : undefined;
  readonly #uid = process.getuid?.() ?? 0;

  /** The word of a process, or of the owner of a file that this process sees. */
  claimant(of: Process | undefined, uid = of?.uid ?? 0): Claimant {
    const { user = this.#user, pid = this.#pid, time } = of?.namespaces ?? {};
    return { uid, user, pid, time, depth: of?.pids.length ?? 1 };
  }

  /** Root's word beside the helper, and that of the helper's own user. */
  isTrusted({ uid, user }: Claimant): boolean {
    return user === this.#user && (uid === 0 || uid === this.#uid);
  }

  /** Can `subject` be a container of this claimant? */
  covers(claimant: Claimant, subject: Process): boolean {
    if (claimant.pid !== this.#pid && !this.#lineage(subject, 'pid').some(each => each.inode === claimant.pid)) return false;
    if (this.isTrusted(claimant)) return true;
    // All that the owner of a user namespace does to those inside is allowed by the kernel too.
    const byUid = claimant.uid !== 0;
    return this.#lineage(subject, 'user').some(each => each.inode === claimant.user || (byUid && each.uid === claimant.uid));
  }

  /** The users who made the user namespaces it is in. */
  owners(subject: Process): number[] {
    return [...new Set(this.#lineage(subject, 'user').flatMap(each => each.uid ?? []))];
  }

  /** Does the claimant call it by this number? */
  isPid(claimant: Claimant, subject: Process, pid: number): boolean {
    return subject.pids[claimant.depth - 1] === pid;
  }

  /** Start times are told in the reader's time namespace; another one's cannot be compared. */
  isStart(claimant: Claimant, subject: Process, start: number): boolean {
    return subject.start === start || (claimant.time !== undefined && claimant.time !== this.#time);
  }

  /** Does it see the helper's own files? */
  sharesFiles(process: Process): boolean {
    return process.namespaces.mnt === this.#mnt;
  }

  /** From the process's namespace outwards, the helper's own not included. */
  #lineage(subject: Process, type: 'pid' | 'user'): Ancestor[] {
    const own = type === 'user' ? this.#user : this.#pid;
    if (subject.namespaces[type] === own) return [];
    try {
      return climb(openNamespaceFile(`/proc/${subject.pid}/ns/${type}`), type, own);
    } catch {
      return []; // it has ended
    }
  }
}

/** Closes `fd`. */
function climb(fd: number, type: 'pid' | 'user', end: number): Ancestor[] {
  const found: Ancestor[] = [];
  for (let current: number | undefined = fd; current !== undefined; ) {
    const here: number = current;
    try {
      const inode = inodeOf(here);
      if (inode === end || found.length > LEVELS) return found;
      found.push({ inode, uid: type === 'user' ? ownerUidOf(here) : undefined });
      current = parentFd(here);
    } finally {
      closeSync(here);
    }
  }
  return found;
}

/** Undefined at the outermost that may be seen. */
function parentFd(fd: number): number | undefined {
  try {
    return sys('ioctl', 'namespace', fd, NS_GET_PARENT, 'int', 0);
  } catch {
    return undefined;
  }
}
