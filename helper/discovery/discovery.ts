import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Difference, difference, isEmpty } from '../protocol/difference.ts';
import type { ScanReport, Snapshot, Statistics } from '../protocol/model.ts';

/** unshare(2) and setns(2) send no event, so that a rescan is the only way to see them. */
const RESCAN_MS = 2000;

const empty: Snapshot = { namespaces: [], processes: [], containers: [], gaps: [] };

type Watcher = (difference: Difference) => void;

/** The latest snapshot, and who wants to hear of changes. */
export class Discovery {
  #worker: Worker | undefined;
  readonly #watchers = new Set<Watcher>();
  #latest = empty;
  #scanning: Promise<Snapshot> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scans = 0;
  #lastScanMs = 0;

  /** As of the last scan; for what has to be fresh, use {@link snapshot}. */
  get latest(): Snapshot {
    return this.#latest;
  }

  /** Scans now. Callers at the same time share a scan that has not begun before they asked. */
  async snapshot(): Promise<Snapshot> {
    await this.#scanning?.catch(() => undefined);
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  /** Tells `watcher` of every change from the next scan on, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    this.#schedule();
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  async refresh(): Promise<ScanReport> {
    const { processes, namespaces, containers } = await this.snapshot();
    return { processes: processes.length, namespaces: namespaces.length, containers: containers.length, tookMs: this.#lastScanMs };
  }

  statistics(): Statistics {
    return {
      scans: this.#scans,
      lastScanMs: this.#lastScanMs,
      refreshes: 0,
      lastRefreshMs: 0,
      events: 0,
      resynchronised: 0,
      periodMs: RESCAN_MS,
    };
  }

  #scan(): Promise<Snapshot> {
    const began = performance.now();
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise<Snapshot>((resolve, reject) => {
      worker.once('error', reject).once('message', (answer: Snapshot | { error: string }) => {
        worker.off('error', reject);
        if ('error' in answer) return reject(new Error(answer.error));
        this.#scans++;
        this.#lastScanMs = performance.now() - began;
        this.#publish(answer);
        resolve(answer);
      });
      worker.postMessage('scan');
    });
  }

  #start(): Worker {
    const worker = new Worker(join(import.meta.dirname, 'discovery-worker.cjs'), {
      trackUnmanagedFds: false, // descriptors that ioctl returns are closed by node:fs, which would warn
    });
    worker.unref();
    // A scan that crashes costs that scan; terminals go on, and the next one gets a new thread.
    worker.on('error', () => {
      this.#worker = undefined;
    });
    return worker;
  }

  #publish(next: Snapshot): void {
    const change = difference(this.#latest, next);
    this.#latest = next;
    if (isEmpty(change)) return;
    for (const watcher of this.#watchers) watcher(change);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#watchers.size === 0) return;
    this.#timer = setTimeout(() => {
      this.snapshot()
        .catch(() => undefined) // the next round tries again
        .finally(() => this.#schedule());
    }, RESCAN_MS).unref();
  }
}
