import { EventEmitter, once } from 'node:events';
import type { Helper } from '../../../helper/client/connect.ts';
import { onNotification } from '../../../helper/protocol/calls.ts';
import type { Difference } from '../../../helper/protocol/difference.ts';
import { readNamespace } from '../../../helper/sys/procfs.ts';

const PATIENCE_MS = 60_000;

/** A watching client, as an open tree is one: what it was told, and when. */
export class Watch {
  readonly #host = readNamespace('self', 'uts');
  /** Processes in a uts namespace that is not the host's, and when that was told. */
  readonly #told = new Map<number, number>();
  readonly #news = new EventEmitter();

  static async begin(helper: Helper): Promise<Watch> {
    const watch = new Watch();
    onNotification(helper.wire, 'namespaces/changed', difference => watch.#hear(difference));
    await helper.request('namespaces/watch', {});
    return watch;
  }

  #hear({ added, changed, removed }: Difference): void {
    const heard = performance.now();
    for (const pid of removed.processes) this.#told.delete(pid);
    for (const { pid, namespaces } of [...added.processes, ...changed.processes]) {
      if (namespaces.uts !== this.#host && !this.#told.has(pid)) this.#told.set(pid, heard);
    }
    this.#news.emit('changed');
  }

  /** When it was told of the process, by performance.now(). */
  async told(pid: number): Promise<number> {
    for (;;) {
      const moment = this.#told.get(pid);
      if (moment !== undefined) return moment;
      await this.#next(`process ${pid} did not appear`);
    }
  }

  async toldGone(pid: number): Promise<void> {
    while (this.#told.has(pid)) await this.#next(`process ${pid} did not disappear`);
  }

  async #next(otherwise: string): Promise<void> {
    await once(this.#news, 'changed', { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => {
      throw new Error(`${otherwise} within ${PATIENCE_MS / 1000} s`);
    });
  }
}
