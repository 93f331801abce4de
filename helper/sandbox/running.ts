// One run of a definition's command, from its start to the report.
import { closeSync, constants, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { pipe } from '../entry/pipes.ts';
import { ENDING } from '../plan/plan.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Sandbox } from '../protocol/model.ts';
import type { EndedBy, Report, Usage } from '../protocol/report.ts';
import { type Ending, endingOf, type Usage as ProcessUsage } from '../stage/reaper.ts';
import { every, later } from '../sys/background.ts';
import { toFailure } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { groupLimitsOf } from './confinement.ts';
import { killAll, usageIn } from './control.ts';
import type { Making, Sandboxes } from './sandboxes.ts';

export interface Run {
  readonly sandbox: Sandbox;
  /** Resolves when the command has ended and, unless it is kept, nothing of the sandbox is left. */
  readonly report: Promise<Report>;
}

/** How the process ended that the sandbox stood on, and what had been used then. */
interface Ended {
  readonly how: Ending;
  readonly usage: Usage;
}

/** Starts it with the given streams, which may be closed when the promise resolves. */
export async function run(sandboxes: Sandboxes, making: Making, stdio: readonly [number, number, number], terminal: boolean): Promise<Run> {
  const { definition } = making;
  const ending = definition.init === true ? new EndingPipe() : undefined;
  let ended: (how: Ended) => void = () => undefined;
  const init = new Promise<Ended>(resolve => {
    ended = resolve;
  });
  const began = performance.now();
  try {
    const sandbox = await sandboxes.start({
      ...making,
      purpose: { kind: 'run', terminal },
      stdio,
      handles: new Map(ending ? [[ENDING, ending.write]] : []),
      // Now, because what was counted goes with the control groups.
      onEnd: (how, usage, id) => ended({ how, usage: { ...processUsage(usage), ...(isCounted(definition) && usageAtEnd(sandboxes, id)) } }),
    });
    const watch = new Watch(definition, sandbox.id, sandboxes);
    const finish = async (): Promise<Report> => {
      // Only a sandbox that is kept has an init that goes on, and tells of its command before it ends.
      const early = definition.onExit === 'keep' ? await ending?.status() : undefined;
      const { how, usage } = early ? { how: early, usage: usageAtEnd(sandboxes, sandbox.id) } : await init;
      const wallSeconds = (performance.now() - began) / 1000;
      watch.stop();
      const told = early ?? ending?.take() ?? how;
      const left = early ? [] : await leftAfter(sandboxes, sandbox);
      const endedBy = watch.endedBy ?? limitBehind(told, usage);
      return { ...told, ...usage, wallSeconds, notices: [...sandbox.notices, ...left], ...(endedBy && { endedBy }) };
    };
    return { sandbox, report: finish() };
  } catch (error) {
    ending?.close();
    throw error;
  }
}

/** Only with limits are there control groups that count for certain; without them the kernel's count of processes says as much. */
const isCounted = ({ limits }: Definition): boolean => limits.cpuSeconds !== undefined || Object.keys(groupLimitsOf(limits)).length > 0;

/** What cannot be read any more, for want of descriptors say, must not keep anybody from hearing of the end. */
function usageAtEnd(sandboxes: Sandboxes, id: string): Usage {
  try {
    return usageIn(sandboxes, id);
  } catch (error) {
    recordEvent('usage lost', { sandbox: id, error: String(error) });
    return {};
  }
}

/** Removes it. @returns the notice for one that withstands: how its command ended is worth being told all the same */
async function leftAfter(sandboxes: Sandboxes, { id, name }: Sandbox): Promise<string[]> {
  try {
    await sandboxes.remove(id);
    return [];
  } catch (error) {
    return [`${name} is not removed and stays in the list: ${toFailure(error, 'Could not remove it').message}`];
  }
}

const processUsage = ({ userSeconds, systemSeconds, peakResidentBytes }: ProcessUsage): Usage => ({
  cpuSeconds: userSeconds + systemSeconds,
  memoryPeakBytes: peakResidentBytes,
});

/** What the kernel did by itself. */
function limitBehind({ signal }: Ending, { killedForMemory = 0 }: Usage): EndedBy | undefined {
  if (signal === 'SIGXCPU') return 'cpuSeconds';
  if (signal === 'SIGXFSZ') return 'fsize';
  return signal === 'SIGKILL' && killedForMemory > 0 ? 'memory' : undefined;
}

/** How often the processor time of a run is looked at, where it is limited. */
const LOOK_MS = 50;

/** Ends a run that takes too long, and remembers why. */
class Watch {
  endedBy: EndedBy | undefined;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor({ limits: { wallSeconds, cpuSeconds } }: Definition, id: string, sandboxes: Sandboxes) {
    const end = (by: EndedBy): void => {
      this.stop();
      this.endedBy = by;
      killAll(sandboxes, id);
    };
    if (wallSeconds !== undefined) this.#timers.push(later('the time of a run', wallSeconds * 1000, () => end('wallSeconds')));
    if (cpuSeconds !== undefined) {
      const look = (): void => {
        if ((usageIn(sandboxes, id).cpuSeconds ?? 0) >= cpuSeconds) end('cpuSeconds');
      };
      this.#timers.push(every('the processor time of a run', LOOK_MS, look));
    }
  }

  stop(): void {
    for (const each of this.#timers) clearTimeout(each);
  }
}

/** What init tells of its command: the status of wait(2), or nothing when it was killed before it could tell. */
class EndingPipe {
  /** Whoever starts the sandbox closes it. */
  readonly write: number;
  #read: number | undefined;

  constructor() {
    const { read, write } = pipe(constants.O_NONBLOCK);
    this.write = write;
    this.#read = read;
  }

  /** Waits for it. */
  status(): Promise<Ending | undefined> {
    const stream = new Socket({ fd: this.#give(), readable: true, writable: false });
    return new Promise(resolve => {
      stream.on('data', (status: Buffer) => resolve(endingOf(status.readInt32LE(0))));
      stream.on('error', () => undefined).on('close', () => resolve(undefined));
    });
  }

  /** What is there when init has ended. */
  take(): Ending | undefined {
    if (this.#read === undefined) return undefined;
    const fd = this.#give();
    const status = Buffer.alloc(4);
    try {
      return readSync(fd, status) === status.length ? endingOf(status.readInt32LE(0)) : undefined;
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    if (this.#read !== undefined) closeSync(this.#give());
  }

  #give(): number {
    const fd = this.#read;
    if (fd === undefined) throw new Error('it is read already');
    this.#read = undefined;
    return fd;
  }
}
