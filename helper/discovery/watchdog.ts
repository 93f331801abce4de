import { every } from '../sys/background.ts';
import { readingCell } from './hold-ups.ts';

const PERIOD_MS = 1000;
/** So often the same read is found under way before it counts as one that does not end. */
const TIMES = 3;

/** Looks from the main thread at what a discovery thread reads. */
export class Watchdog implements Disposable {
  readonly reading = readingCell();
  readonly #timer: NodeJS.Timeout;
  #last = -1;
  #times = 0;

  /** @param heldUp called once, with the process whose read does not end */
  constructor(heldUp: (pid: number) => void) {
    this.#timer = every('a look at discovery', PERIOD_MS, () => {
      const [pid, count] = [Atomics.load(this.reading, 0), Atomics.load(this.reading, 1)];
      this.#times = pid !== 0 && count === this.#last ? this.#times + 1 : 0;
      this.#last = count;
      if (this.#times < TIMES) return;
      this[Symbol.dispose]();
      heldUp(pid);
    }).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
