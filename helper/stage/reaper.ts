import { constants } from 'node:os';
import { WNOHANG } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

/** How a process ended: exactly one of the two. */
export interface Ending {
  readonly exitCode?: number;
  /** `SIGKILL` */
  readonly signal?: string;
}

/**
 * Waits for the processes that the stage leaves to the helper (CLONE_PARENT). libuv waits only for
 * what it started itself, each by its pid, so the two never take each other's.
 */
class Reaper {
  readonly #waiting = new Map<number, (ending: Ending) => void>();
  #listening = false;

  /** Calls back once, when `pid`, a child of this process, has ended and its pid is free again. */
  track(pid: number, ended: (ending: Ending) => void): void {
    if (!this.#listening) {
      this.#listening = true;
      process.on('SIGCHLD', () => this.#collect());
    }
    this.#waiting.set(pid, ended);
    this.#collect(); // it may have ended before anybody listened
  }

  #collect(): void {
    const status = Buffer.alloc(4);
    for (const [pid, ended] of this.#waiting) {
      if (sys('waitpid', `pid ${pid}`, pid, status, WNOHANG) !== pid) continue;
      this.#waiting.delete(pid);
      ended(endingOf(status.readInt32LE(0)));
    }
  }
}

export const reaper = new Reaper();

/** The status of wait(2): the signal in the low seven bits, or the exit code in the next byte. */
export function endingOf(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal: signalName(signal) };
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
