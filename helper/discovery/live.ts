// When to look at what: at once where an event points, in turn for what has no event, and never so often
// that looking costs more than a small part of one processor.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScanReport, Statistics } from '../protocol/model.ts';
import { later } from '../sys/background.ts';
import { giveBackMemory } from '../sys/libc.ts';
import { Listening } from './listening.ts';
import type { World } from './world.ts';

/** Between two looks at the events. */
const TICK_MS = 100;
/** After a look that took long, this many times as long is waited, but no longer than this. */
const TICK_REST = 9;
const LONGEST_TICK_MS = 1000;
/** How often clients are told when nothing seems to have happened. */
const QUIET_TELL_MS = 1000;
/** A program that was just started may still unshare(2), which no event tells: it is looked at again after these times. */
const AGAIN_MS = [100, 1000];
/** A scan is followed by a pause of so many times its own length, within bounds; a sweep likewise. */
const SCAN_REST = 400;
const SWEEP_REST = 600;
const SCAN_MS = { least: 2000, most: 60_000 };
const SWEEP_MS = { least: 8000, most: 240_000 };
/** How long it listens after the last question, when nobody watches. */
const LINGER_MS = 60_000;
/** Work is done in stretches of about this length, so that questions are answered in between. */
const STRETCH_MS = 8;

/** `quick`: where every process is; `full`: also their names and users; `deep`: also whatever else holds namespaces. */
export type Depth = 'quick' | 'full' | 'deep';

interface Period {
  readonly least: number;
  readonly most: number;
}

const rest = (tookMs: number, factor: number, { least, most }: Period): number => Math.min(most, Math.max(least, tookMs * factor));

/** Keeps a world up to date: on demand, and by itself while somebody watches and a little longer. */
export class Live {
  readonly #world: World;
  readonly #tell: (isLost: boolean) => void;
  readonly #statistics: Statistics = {
    scans: 0,
    lastScanMs: 0,
    refreshes: 0,
    lastRefreshMs: 0,
    events: 0,
    resynchronised: 0,
    periodMs: SCAN_MS.least,
  };
  /** What is under way; work waits for its turn. */
  #turn: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #listening: Listening | undefined;
  #isWatched = false;
  #timer: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #nextScanAt = 0;
  #nextSweepAt = 0;
  #nextTellAt = 0;
  #again: { readonly at: number; readonly pids: ReadonlySet<number> }[] = [];

  /** @param tell called after every change; `isLost`: events were lost */
  constructor(world: World, tell: (isLost: boolean) => void) {
    this.#world = world;
    this.#tell = tell;
  }

  statistics(): Statistics {
    return { ...this.#statistics };
  }

  /** Whether all that is known is right but for what no event tells. */
  get isLive(): boolean {
    return this.#listening !== undefined;
  }

  /** Looks at everything now, as thoroughly as is asked. */
  refresh(depth: Depth): Promise<Pick<ScanReport, 'tookMs'>> {
    return this.inTurn(async () => {
      // What was learnt before it began to listen may be of yesterday.
      const hasListened = this.isLive;
      this.#listen();
      const began = performance.now();
      const isLost = this.#takeEvents();
      await this.#scan(isLost || (depth !== 'quick' && !(hasListened && this.#hearsProcesses)));
      if (depth === 'deep') await this.#sweep();
      const tookMs = performance.now() - began;
      this.#tell(isLost);
      return { tookMs };
    });
  }

  /** Keeps everything up to date for as long as somebody watches; resolves when it is so. */
  async watch(): Promise<void> {
    this.#isWatched = true;
    if (this.isLive) await this.#turn;
    else await this.refresh('deep');
    this.#linger();
  }

  /** Nobody watches any more. */
  unwatch(): void {
    this.#isWatched = false;
    this.#linger();
  }

  /** Listening begins before the scan: what starts meanwhile is in one or the other. */
  #listen(): void {
    if (!this.#listening) {
      this.#listening = new Listening();
      this.#schedule(TICK_MS);
    }
    this.#linger();
  }

  /** Whoever asked once may ask again soon, and what is kept up to date until then need not be read anew. */
  #linger(): void {
    clearTimeout(this.#lingering);
    if (!this.#isWatched) this.#lingering = later('discovery that nobody watches', LINGER_MS, () => this.#stop()).unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#listening?.[Symbol.dispose]();
    this.#listening = undefined;
    this.#again = [];
  }

  get #hearsProcesses(): boolean {
    return this.#listening?.hearsProcesses ?? false;
  }

  /** Does something while nothing else changes the world. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      this.#isBusy = true;
      try {
        return await work();
      } finally {
        this.#isBusy = false;
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** @param isStale whatever else is known of the processes is read again, too */
  async #scan(isStale: boolean): Promise<void> {
    const began = performance.now();
    await inStretches(this.#world.scan(isStale));
    const tookMs = performance.now() - began;
    const periodMs = rest(tookMs, SCAN_REST, SCAN_MS);
    this.#nextScanAt = performance.now() + periodMs;
    Object.assign(this.#statistics, { scans: this.#statistics.scans + 1, lastScanMs: tookMs, periodMs });
  }

  async #sweep(): Promise<void> {
    const began = performance.now();
    await inStretches(this.#world.sweep());
    giveBackMemory();
    this.#nextSweepAt = performance.now() + rest(performance.now() - began, SWEEP_REST, SWEEP_MS);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#listening) return;
    this.#timer = later('a look of discovery', delayMs, async () => {
      const began = performance.now();
      try {
        await this.#tick();
      } finally {
        this.#schedule(Math.min(LONGEST_TICK_MS, Math.max(TICK_MS, (performance.now() - began) * TICK_REST)));
      }
    });
  }

  /** One look at what happened, and what is due. */
  async #tick(): Promise<void> {
    if (this.#isBusy) return;
    await this.inTurn(async () => {
      const now = performance.now();
      const before = this.#statistics.refreshes + this.#statistics.scans;
      const isLost = this.#takeEvents();
      if (isLost || now >= this.#nextScanAt) await this.#scan(isLost || !this.#hearsProcesses);
      if (isLost || now >= this.#nextSweepAt) await this.#sweep();
      const haveMountsChanged = this.#listening?.haveMountsChanged() ?? false;
      if (haveMountsChanged) await inStretches(this.#world.lookAtOwnMounts());
      const { hasDoubtful } = this.#world.namespaces;
      if (hasDoubtful) this.#world.namespaces.checkDoubtful();
      const isQuiet = before === this.#statistics.refreshes + this.#statistics.scans && !haveMountsChanged && !hasDoubtful;
      // Names can come without any process having changed.
      if (isQuiet && now < this.#nextTellAt) return;
      this.#nextTellAt = now + QUIET_TELL_MS;
      this.#tell(isLost);
    });
  }

  /** @returns whether events were lost */
  #takeEvents(): boolean {
    const happened = this.#listening?.take();
    if (!happened) return false;
    const now = performance.now();
    const { started, changed, ended, count, isIncomplete } = happened;
    this.#statistics.events += count;
    if (isIncomplete) {
      this.#statistics.resynchronised++;
      return true;
    }
    const due = this.#takeDue(now);
    if (ended.size + started.size + changed.size + due.size === 0) return false;
    const stale = new Set([...changed, ...this.#world.end(ended)]);
    this.#world.look(new Set([...started, ...stale, ...due]), stale);
    for (const delayMs of started.size > 0 ? AGAIN_MS : []) this.#again.push({ at: now + delayMs, pids: started });
    Object.assign(this.#statistics, { refreshes: this.#statistics.refreshes + 1, lastRefreshMs: performance.now() - now });
    return false;
  }

  /** Those that are to be looked at again now, and are still there. */
  #takeDue(now: number): Set<number> {
    const due = this.#again.filter(({ at }) => at <= now);
    if (due.length > 0) this.#again = this.#again.filter(({ at }) => at > now);
    const pids = due.flatMap(each => [...each.pids]);
    return new Set(pids.filter(pid => this.#world.processes.known.has(pid)));
  }
}

async function inStretches(work: Generator<void>): Promise<void> {
  let began = performance.now();
  for (const _ of work) {
    if (performance.now() - began < STRETCH_MS) continue;
    await nextTurn();
    began = performance.now();
  }
}
