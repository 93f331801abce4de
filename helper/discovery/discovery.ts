import { setFlagsFromString } from 'node:v8';
import { MessageChannel, Worker } from 'node:worker_threads';
import { handedOn, sourceOf } from '../code/own-code.ts';
import type { Inspection } from '../protocol/inspection.ts';
import type { NamespaceReference, ScanReport, Statistics } from '../protocol/model.ts';
import { background, heard, later } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { type HeldUpBy, holderOf, type Watched } from './hold-ups.ts';
import type { FoundContainer, OpenedNamespace, Question, Questions, Said } from './questions.ts';
import { Watchdog } from './watchdog.ts';

interface Waiting {
  /** Asks the same again. */
  readonly again: () => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Threads that were given up and that the kernel still holds. Each has memory of its own. */
const ABANDONED = 8;
/** Of so many processes the reads are left out that held a thread up. */
const REMEMBERED = 64;

/** A thread that died of something may die of it again at once. */
const RESTART_MS = 1000;

/** Resolves when it needs the bytes no longer. */
type Watcher = (difference: Uint8Array<ArrayBuffer>) => Promise<void>;

/** The discovery thread, seen from the main one. */
export class Discovery {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Map<number, Watcher>();
  #numbers = 0;
  #watchdog: Watchdog | undefined;
  #heldUpBy: readonly HeldUpBy[] = [];
  #abandoned = 0;
  #restarting: NodeJS.Timeout | undefined;

  /** JSON of a Snapshot of this moment, in pieces. */
  snapshot(): Promise<Uint8Array[]> {
    return this.#ask('snapshot', {});
  }

  /** @param deep looks at what else holds namespaces, too: threads, open files, sockets, mounts */
  refresh(deep: boolean): Promise<ScanReport> {
    return this.#ask('refresh', { deep });
  }

  statistics(): Promise<Statistics> {
    return this.#ask('statistics', {});
  }

  /** @throws Refusal `gone` */
  inspect(reference: NamespaceReference): Promise<Inspection> {
    return this.#ask('inspect', reference);
  }

  /** Opens a namespace; the descriptor is the caller's to close. @throws Refusal `gone` */
  open(reference: NamespaceReference): Promise<OpenedNamespace> {
    return this.#ask('open', reference);
  }

  /** @param key id or name; with `byId` an id alone */
  containers(key: string, byId: boolean): Promise<FoundContainer[]> {
    return this.#ask('containers', { key, byId });
  }

  /** Tells `watcher` of everything there is and then of every change, as JSON, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    const number = ++this.#numbers;
    this.#watchers.set(number, watcher);
    this.#tellAll(number);
    return () => {
      this.#watchers.delete(number);
      if (this.#worker) this.#ask('unwatch', { watcher: number }).catch(() => undefined);
    };
  }

  /** Ends the thread; what it was asked stays unanswered. */
  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask<Q extends Question>(question: Q, params: Questions[Q]['params']): Promise<Questions[Q]['answer']> {
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        this.#worker ??= this.#start();
        const worker = this.#worker;
        const id = ++this.#numbers;
        this.#waiting.set(id, { again: ask, resolve: resolve as (answer: unknown) => void, reject });
        worker.postMessage({ id, question, params });
      };
      ask();
    });
  }

  #start(): Worker {
    // Tens of thousands of small objects live for long: V8 would rather let its heap grow than tidy up.
    setFlagsFromString('--optimize-for-size');
    const watchdog = new Watchdog(pid => this.#giveUp(worker, pid));
    this.#watchdog = watchdog;
    const watched: Watched = { reading: watchdog.reading.buffer, heldUpBy: this.#heldUpBy };
    const worker = new Worker(sourceOf('discovery-worker.cjs'), {
      eval: true,
      workerData: { ...handedOn(), ...watched },
      trackUnmanagedFds: false, // descriptors that ioctl returns are closed by node:fs, which would warn
      // Little of what a scan makes outlives it: without a bound it would fill memory until the next collection.
      resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 1 },
    });
    worker.unref();
    worker.on(
      'message',
      heard('an answer of discovery', (said: Said) => this.#hear(said)),
    );
    worker.on(
      'error',
      heard('the end of discovery', (error: Error) => this.#restart(error)),
    );
    return worker;
  }

  /** A process holds the thread up: another one is asked the same, which does not read that of it, and watchers begin again with everything. */
  #giveUp(worker: Worker, pid: number): void {
    const holder = holderOf(pid);
    recordEvent('discovery given up', { pid, owner: holder?.owner });
    if (this.#worker !== worker || this.#abandoned >= ABANDONED) return;
    if (holder) this.#heldUpBy = [...this.#heldUpBy, holder].slice(-REMEMBERED);
    this.#abandoned++;
    worker.removeAllListeners();
    worker.on('error', () => undefined).on('exit', () => this.#abandoned--);
    worker.terminate().catch(() => undefined);
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { again } of waiting) again();
    for (const number of this.#watchers.keys()) this.#tellAll(number);
  }

  /** A thread that crashes costs the questions under way; terminals go on, and watchers begin again with everything. */
  #restart(error: Error): void {
    this.#worker = undefined;
    this.#watchdog?.[Symbol.dispose]();
    recordEvent('discovery ended', { error: error.stack ?? String(error) });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#restarting ??= later('discovery anew', RESTART_MS, () => {
      this.#restarting = undefined;
      for (const number of this.#watchers.keys()) this.#tellAll(number);
    }).unref();
  }

  /** A watcher gets everything once more. Where no thread can be started, for want of descriptors say, another is tried later. */
  #tellAll(number: number): void {
    this.#ask('watch', { watcher: number }).catch((error: Error) => {
      if (!this.#worker) this.#restart(error);
    });
  }

  #hear(said: Said): void {
    if (said.kind === 'changed') {
      const told = said.watcher === undefined ? [...this.#watchers.values()] : [this.#watchers.get(said.watcher)];
      background('what watchers are told', async () => {
        await Promise.allSettled(told.map(tell => tell?.(said.difference)));
        letGo(said.difference);
      });
      return;
    }
    const waiting = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if (said.kind === 'answer') waiting?.resolve(said.answer);
    else
      waiting?.reject(
        said.isRefusal ? new Refusal(said.failure.kind, said.failure.message, said.failure) : new Error(said.failure.message),
      );
  }
}

const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * Frees them now. The main thread makes so few objects that its next collection may be minutes away, and what
 * everything takes as text at the start of a watch would stay until then.
 */
function letGo({ buffer }: Uint8Array<ArrayBuffer>): void {
  nowhere.postMessage(undefined, [buffer]);
}
