import { constants } from 'node:os';
import { background, heard } from '../sys/background.ts';
import { P_ALL, WEXITED, WNOHANG, WNOWAIT } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

/** How a process ended: exactly one of the two. */
export interface Ending {
  readonly exitCode?: number;
  /** `SIGKILL` */
  readonly signal?: string;
}

/** What a process used, and all of its descendants that were waited for, getrusage(2). */
export interface Usage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** The most that one of them had in memory at a time. */
  readonly peakResidentBytes: number;
}

export type Ended = (ending: Ending, usage: Usage) => void;

/** siginfo_t, and where its si_pid is where pointers have 64 bits. */
const SIGINFO_BYTES = 128;
const SI_PID = 16;
/** struct rusage */
const RUSAGE_BYTES = 144;

/**
 * Waits for the stage and for the processes that it leaves to the helper (CLONE_PARENT). libuv waits
 * only for what it started itself, each by its pid, so the two never take each other's.
 */
class Reaper {
  readonly #waiting = new Map<number, Ended>();
  #listening = false;

  /** Calls back once, when `pid`, a child of this process, has ended and its pid is free again. */
  track(pid: number, ended: Ended): void {
    if (!this.#listening) {
      this.#listening = true;
      process.on(
        'SIGCHLD',
        heard('processes that have ended', () => this.#collect()),
      );
    }
    this.#waiting.set(pid, ended);
    this.#collectOne(pid); // it may have ended before anybody listened
  }

  /** One signal may stand for several children. The kernel is asked which have ended, as thousands may live. */
  #collect(): void {
    while (this.#waiting.size > 0) {
      const pid = anyEnded();
      if (pid === undefined) return;
      if (this.#collectOne(pid)) continue;
      // Nobody tracks it, or not yet: until somebody waits for it, it hides the others that have ended.
      for (const each of this.#waiting.keys()) this.#collectOne(each);
      return;
    }
  }

  /** @returns whether it was tracked and has ended */
  #collectOne(pid: number): boolean {
    const ended = this.#waiting.get(pid);
    if (!ended) return false;
    const status = Buffer.alloc(4);
    const usage = Buffer.alloc(RUSAGE_BYTES);
    if (sys('wait4', `pid ${pid}`, pid, status, WNOHANG, usage) !== pid) return false;
    this.#waiting.delete(pid);
    background('the end of a process', () => ended(endingOf(status.readInt32LE(0)), usageOf(usage)));
    return true;
  }
}

export const reaper = new Reaper();

/** A child that has ended and was not waited for. There must be children (ECHILD). */
function anyEnded(): number | undefined {
  const information = Buffer.alloc(SIGINFO_BYTES);
  sys('waitid', 'the children', P_ALL, 0, information, WEXITED | WNOHANG | WNOWAIT);
  return information.readInt32LE(SI_PID) || undefined;
}

/** The status of wait(2): the signal in the low seven bits, or the exit code in the next byte. */
export function endingOf(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal: signalName(signal) };
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;

/** struct rusage { struct timeval utime, stime; long maxrss; … }, the last in kilobytes. */
export const usageOf = (bytes: Buffer): Usage => ({
  userSeconds: secondsAt(bytes, 0),
  systemSeconds: secondsAt(bytes, 16),
  peakResidentBytes: Number(bytes.readBigInt64LE(32)) * 1024,
});

/** struct timeval, in which both numbers are 64 bits. */
const secondsAt = (bytes: Buffer, at: number): number => Number(bytes.readBigInt64LE(at)) + Number(bytes.readBigInt64LE(at + 8)) / 1e6;
