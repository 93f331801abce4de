import { env, getuid } from 'node:process';
import { Refusal } from '../sys/errors.ts';
import type { Peer } from './peer.ts';

/** Whom a helper serves: itself, root, and the user who started it. */
export class Policy {
  readonly #uids: ReadonlySet<number>;

  constructor(served: number) {
    this.#uids = new Set([0, getuid?.() ?? 0, served]);
  }

  serves(peer: Peer): boolean {
    return this.#reason(peer) === undefined;
  }

  /** @throws Refusal `denied` */
  require(peer: Peer): void {
    const reason = this.#reason(peer);
    if (reason !== undefined) throw new Refusal('denied', reason, { subject: `uid ${peer.uid}` });
  }

  #reason({ uid, isHost }: Peer): string | undefined {
    if (!this.#uids.has(uid)) return `This helper does not serve user ${uid}; it serves the user who started it.`;
    // Root of a sandbox may be the caller's own uid outside: it must not reach what the sandbox keeps from it.
    return isHost ? undefined : 'This helper serves no process inside a user namespace of its own.';
  }
}

/** Who started this process: sudo(8) and pkexec(1) say so, to root only. */
export function invokingUser(): number {
  const own = getuid?.() ?? 0;
  const named = own === 0 ? (env['SUDO_UID'] ?? env['PKEXEC_UID']) : undefined;
  return named !== undefined && /^\d{1,10}$/.test(named) ? Number(named) : own;
}
