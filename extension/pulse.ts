/** Runs something soon after it was asked for, however often: at once, and then not again for a while. */
export class Pulse {
  readonly #periodMs: number;
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = false;

  constructor(periodMs: number, run: () => void) {
    this.#periodMs = periodMs;
    this.#run = run;
  }

  soon(): void {
    if (this.#timer) this.#due = true;
    else this.now();
  }

  now(): void {
    this.dispose();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#due) this.now();
    }, this.#periodMs);
    this.#run();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
  }
}
