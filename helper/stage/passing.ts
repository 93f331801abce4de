import { reaper } from './reaper.ts';

/** A child that nobody asks how it ended. It is waited for from the start, and its pid is its own for as long as it runs. */
export class Passing {
  readonly pid: number;
  #runs = true;

  constructor(pid: number) {
    this.pid = pid;
    reaper.track(pid, () => {
      this.#runs = false;
    });
  }

  /** Does nothing to one that has ended. */
  kill(): void {
    if (this.#runs) process.kill(this.pid, 'SIGKILL');
  }
}
