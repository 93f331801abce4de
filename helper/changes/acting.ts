import type { Caller } from '../image/as-caller.ts';

/**
 * This process with the rights of somebody else. Only for one that does nothing else: the ids of a process are those of
 * all its threads, so whatever runs meanwhile has them too. The caller cannot get hold of it between two acts, because
 * its real and saved ids stay root's (kill(2), ptrace(2)).
 */
export class Acting {
  readonly #uid: number;

  /** Takes the groups for good: root does not need any. Losing one may open what it shuts (CVE-2014-8989). */
  constructor({ uid, gid, groups }: Caller) {
    process.setgroups?.([...groups]);
    process.setgid?.(gid);
    process.umask(0o077);
    this.#uid = uid;
  }

  /** Without any capability for the time of `work`, unless the caller is root: capabilities(7), "effect of user ID changes". */
  asCaller<T>(work: () => T): T {
    process.seteuid?.(this.#uid);
    try {
      return work();
    } finally {
      process.seteuid?.(0);
    }
  }
}
