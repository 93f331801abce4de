// When to look at something again: soon after it appeared, then less and less often.

/** An engine writes its state some milliseconds after it made the process; one that is started later is noticed by its process. */
const delaysMs = [0, 100, 400, 2000, 10_000, 60_000] as const;

/** Each wait is a queue of its own, so that whatever has waited longest is first. */
export class Turns<T> {
  readonly #queues: readonly Map<T, number>[] = delaysMs.map(() => new Map());
  readonly #stepOf = new Map<T, number>();

  /** Its turn comes after the `step`th wait, the last of them for all steps beyond. */
  add(item: T, step: number, now: number): void {
    this.drop(item);
    const at = Math.min(step, delaysMs.length - 1);
    this.#stepOf.set(item, at);
    this.#queues[at]?.set(item, now + (delaysMs[at] ?? 0));
  }

  drop(item: T): void {
    const step = this.#stepOf.get(item);
    if (step === undefined) return;
    this.#stepOf.delete(item);
    this.#queues[step]?.delete(item);
  }

  /** One whose turn it is, which then waits no more. */
  take(now: number): T | undefined {
    for (const queue of this.#queues) {
      for (const [item, dueMs] of queue) {
        if (dueMs > now) break;
        this.drop(item);
        return item;
      }
    }
    return undefined;
  }

  /** When the next turn comes; undefined when nothing waits. */
  get nextMs(): number | undefined {
    const heads = this.#queues.flatMap(queue => queue.values().next().value ?? []);
    return heads.length === 0 ? undefined : Math.min(...heads);
  }
}
