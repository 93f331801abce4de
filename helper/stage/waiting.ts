// Stages that wait for a program. One is started before it is needed: to start it takes longer than what most programs do.
import { Socket } from 'node:net';
import { later } from '../sys/background.ts';
import { SysError } from '../sys/errors.ts';
import { MAX_RIGHTS, sendWith } from '../sys/libc.ts';
import { stageExecutable } from './executable.ts';
import { Passing } from './passing.ts';
import { spawnStage } from './spawn.ts';

/** One that was handed its program. */
export interface Begun {
  readonly pid: number;
  /** Does nothing to one that has ended. */
  readonly kill: () => void;
  /** The helper's end of the control socket, which is the caller's to destroy. */
  readonly control: Socket;
  /** What of the program its socket had no room for. */
  readonly rest: Buffer;
}

/** Once a request is answered its client has more to ask for, such as a stream; that comes first. */
const PAUSE_MS = 10;

class Stage {
  readonly #process: Passing;
  /** Made while nobody waits, as it takes longer than to hand a program over. */
  readonly #control: Socket;
  readonly #descriptor: number;

  /** @throws SysError see spawnStage */
  constructor() {
    const { pid, control } = spawnStage(stageExecutable());
    this.#process = new Passing(pid);
    this.#descriptor = control;
    this.#control = new Socket({ fd: control, readable: true, writable: true });
    this.#control.on('error', () => undefined); // whoever reads it is told
    this.#control.unref(); // one that waits keeps nobody from ending
  }

  /**
   * @returns undefined when it has ended: somebody killed it while it waited
   * @throws SysError ETOOMANYREFS, EBADF; then it ends
   */
  begin(program: Buffer, descriptors: readonly number[]): Begun | undefined {
    if (this.#control.destroyed) return undefined; // its number may be another file's by now
    try {
      const rest = handOver(this.#descriptor, program, descriptors);
      this.#control.ref();
      return { pid: this.#process.pid, kill: () => this.#process.kill(), control: this.#control, rest };
    } catch (error) {
      this.end();
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** One that waits leaves when its socket is closed. */
  end(): void {
    this.#control.destroy();
  }
}

/** One message has only so many descriptors, and has to have a byte of the program with them. */
function handOver(control: number, program: Buffer, descriptors: readonly number[]): Buffer {
  let rest = program;
  for (let first = 0; first < descriptors.length; first += MAX_RIGHTS) {
    const isLast = first + MAX_RIGHTS >= descriptors.length;
    const some = descriptors.slice(first, first + MAX_RIGHTS);
    rest = rest.subarray(sendWith(control, isLast ? rest : rest.subarray(0, 1), some, 'the program of a stage'));
  }
  return rest;
}

const isGone = (error: unknown): boolean => error instanceof SysError && (error.errno === 'EPIPE' || error.errno === 'ECONNRESET');

class Stages {
  #spare: Stage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /**
   * Hands the program to the stage that waits, or to one that is started for it.
   * @param descriptors of the helper: those that become 0, 1 and 2, and from 4 on the handles. They may be closed when this returns
   * @throws SysError when one cannot be started; see spawnStage
   */
  begin(program: Buffer, descriptors: readonly number[]): Begun {
    const spare = this.#spare;
    this.#spare = undefined;
    const begun = spare?.begin(program, descriptors) ?? new Stage().begin(program, descriptors);
    if (!begun) throw new Error('the stage was ended before it could begin');
    return begun;
  }

  /** Has one wait for the next program, in a moment. */
  prepare(): void {
    if (this.#isOver || this.#timer || this.#spare) return;
    this.#timer = later('a stage that waits', PAUSE_MS, () => {
      this.#timer = undefined;
      this.#start();
    }).unref();
  }

  /** The one that waits ends, and no other will. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#spare?.end();
    this.#spare = undefined;
  }

  #start(): void {
    try {
      this.#spare = new Stage();
    } catch (error) {
      // Too many processes or descriptors just now; nobody has asked for this one.
      if (!(error instanceof SysError)) throw error;
    }
  }
}

export const stages = new Stages();
