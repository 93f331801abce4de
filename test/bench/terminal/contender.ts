import type { Competitor } from '../measure.ts';
import type { Programs, Running } from '../programs.ts';

/** A program that runs a command on a pty of its own and reads that itself, by what it says how long it took. */
export class Contender implements AsyncDisposable {
  readonly #running: Running;
  /** What the last run wrote. */
  bytes = 0;

  /** @param until the first byte of its output, or its end */
  constructor(programs: Programs, until: 'first' | 'whole', ...command: readonly string[]) {
    this.#running = programs.start('pty', until, ...command);
  }

  as(rounds?: number): Competitor {
    return {
      onceMs: async () => {
        const [nanoseconds = Number.NaN, bytes = 0] = (await this.#running.ask('.')).split(' ').map(Number);
        this.bytes = bytes;
        return nanoseconds / 1e6;
      },
      ...(rounds !== undefined && { rounds }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.end();
  }
}
