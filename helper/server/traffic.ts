/** So many requests of one client are under way at a time; what comes after them waits in the kernel. */
const UNANSWERED = 256;

/** Which of one client's requests are under way: those without an answer, or with one that the client has not taken. */
export class Traffic {
  #unanswered = 0;
  #goOn: () => void = () => undefined;

  asked(): void {
    this.#unanswered++;
  }

  answered(): void {
    this.#unanswered--;
    this.#goOn();
  }

  /** Resolves when another one may be asked. For one reader. */
  async room(): Promise<void> {
    while (this.#unanswered >= UNANSWERED) {
      await new Promise<void>(resolve => {
        this.#goOn = resolve;
      });
    }
  }
}
