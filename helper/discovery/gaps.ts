import type { Gap } from '../protocol/model.ts';
import { SysError } from '../sys/errors.ts';

/** What could not be read. The same reason for many objects is one gap with a count. */
export class Gaps {
  readonly #counts = new Map<string, { reason: string; count: number; first: string }>();

  /** @param kind what kind of thing, in the plural: `namespaces of processes` */
  add(kind: string, subject: string, error: unknown): void {
    const reason = error instanceof SysError ? error.errno : error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const known = this.#counts.get(`${kind} ${reason}`);
    if (known) known.count++;
    else this.#counts.set(`${kind} ${reason}`, { reason: `${kind}: ${reason}`, count: 1, first: subject });
  }

  list(): Gap[] {
    return [...this.#counts.values()].map(({ reason, count, first }) => ({
      subject: count === 1 ? first : `${first} and ${count - 1} more`,
      reason,
    }));
  }
}
