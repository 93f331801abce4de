import { setTimeout as delay } from 'node:timers/promises';

/** So many requests of one client are under way at a time; what comes after them waits in the kernel. */
const UNANSWERED = 256;
/** Nor is another one begun while the client has so much to read. */
const UNREAD_BYTES = 1 << 20;
/** So often a client that waits for answers is looked for. */
const LOOK_MS = 1000;

/** Which of one client's requests are under way: those without an answer, or with one that the client has not taken. */
export class Traffic {
  readonly #unreadBytes: () => number;
  readonly #isGone: () => boolean;
  #unanswered = 0;
  #goOn: () => void = () => undefined;

  /**
   * @param unreadBytes how much was written for the client that the kernel has not taken
   * @param isGone whether it has left: nothing that comes tells of that while nothing is read
   */
  constructor(unreadBytes: () => number, isGone: () => boolean) {
    this.#unreadBytes = unreadBytes;
    this.#isGone = isGone;
  }

  asked(): void {
    this.#unanswered++;
  }

  /** The kernel has taken all of a message. */
  written(isAnswer: boolean): void {
    if (isAnswer) this.#unanswered--;
    this.#goOn();
  }

  /** Resolves when another one may be asked. For one reader. @throws Error when the client has left */
  async room(): Promise<void> {
    while (this.#unanswered >= UNANSWERED || this.#unreadBytes() > UNREAD_BYTES) {
      if (this.#isGone()) throw new Error('the client has left');
      const soonest = new AbortController();
      await new Promise<void>(resolve => {
        this.#goOn = resolve;
        delay(LOOK_MS, undefined, { signal: soonest.signal, ref: false }).then(resolve, () => undefined);
      });
      soonest.abort();
    }
  }
}
