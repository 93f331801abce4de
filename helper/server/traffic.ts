/** So many requests of one client are under way at a time; what comes after them waits in the kernel. */
const UNANSWERED = 256;
/** Nor is another one begun while the client has so much to read. */
const UNREAD_BYTES = 1 << 20;

/** Which of one client's requests are under way: those without an answer, or with one that the client has not taken. */
export class Traffic {
  readonly #unreadBytes: () => number;
  #unanswered = 0;
  #goOn: () => void = () => undefined;

  /** @param unreadBytes how much was written for the client that the kernel has not taken */
  constructor(unreadBytes: () => number) {
    this.#unreadBytes = unreadBytes;
  }

  asked(): void {
    this.#unanswered++;
  }

  /** The kernel has taken all of a message. */
  written(isAnswer: boolean): void {
    if (isAnswer) this.#unanswered--;
    this.#goOn();
  }

  /** Resolves when another one may be asked. For one reader. */
  async room(): Promise<void> {
    while (this.#unanswered >= UNANSWERED || this.#unreadBytes() > UNREAD_BYTES) {
      await new Promise<void>(resolve => {
        this.#goOn = resolve;
      });
    }
  }
}
