// Everything anew: by Burrow, by lsns, and by a C program that only reads the links.
import type { Helper } from '../../../helper/client/connect.ts';
import type { ScanReport } from '../../../helper/protocol/model.ts';
import { type Competitor, hold, median, run, type Times, timed } from '../measure.ts';
import type { Running } from '../programs.ts';
import { type Subject, withHelper } from '../subject.ts';
import { compared, type Row } from '../table.ts';
import { processCount } from './crowd.ts';
import { Watch } from './watch.ts';

const FRESH_HELPERS = 5;
const LSNS_ATTEMPTS = 10;
const links = 'the same readlinkat in C';
const FLOOR_GOAL = 1.3;
const LSNS_GOAL = 0.1;
/** Where the goal against lsns is set. */
const LSNS_GOAL_AT = 4000;

/** How often, by the size of the crowd; lsns takes half a minute at the largest, with whatever columns. */
const roundsAt = (size: number): { rounds: number; lsns: number; shortest: number } => {
  if (size <= 1000) return { rounds: 30, lsns: 30, shortest: 30 };
  return size <= 4000 ? { rounds: 20, lsns: 5, shortest: 5 } : { rounds: 15, lsns: 3, shortest: 1 };
};

export interface Scans {
  readonly rows: readonly Row[];
  readonly processes: number;
  /** For each process, in microseconds: the scan, the scan with an open tree, and the floor. */
  readonly each: Readonly<Record<'scan' | 'watched' | 'floor', number>>;
}

/** Its own clock: the time has neither its start nor the pipe in it, which is the hardest to come near. */
const floorCompetitor = (floor: Running): Competitor => ({
  onceMs: async () => {
    const [nanoseconds = Number.NaN] = (await floor.ask('x')).split(' ').map(Number);
    return nanoseconds / 1e6;
  },
});

/** lsns 2.38 gives up without a word when a process ends while it reads it: then it begins again, and only the whole run counts. */
const lsnsCompetitor = (rounds: number, ...words: readonly string[]): Competitor => ({
  onceMs: async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await timed(() => run('lsns', ...words)).onceMs();
      } catch (error) {
        if (attempt === LSNS_ATTEMPTS) throw error;
      }
    }
  },
  rounds,
});

export async function scans({ helper }: Subject, floor: Running, size: number): Promise<Scans> {
  const { rounds, lsns, shortest } = roundsAt(size);
  const reports: ScanReport[] = [];
  const times = await hold(rounds, {
    burrow: timed(async () => reports.push(await helper.request('namespaces/refresh', {}))),
    floor: floorCompetitor(floor),
    lsns: lsnsCompetitor(lsns),
    shortest: lsnsCompetitor(shortest, '--noheadings', '--output', 'NS'),
    snapshot: timed(() => helper.request('namespaces/snapshot', {})),
  });
  const { processes = 0, namespaces = 0 } = reports.at(-1) ?? {};
  const inside = { medianMs: median(reports.slice(-rounds).map(({ tookMs }) => tookMs)), rounds };
  await Watch.begin(helper);
  const watched = await hold(rounds, { burrow: timed(() => helper.request('namespaces/refresh', {})), floor: floorCompetitor(floor) });
  const among = `${processes} processes`;
  const each = ({ medianMs }: Times): number => (medianMs * 1000) / processes;
  const goal = size === LSNS_GOAL_AT ? LSNS_GOAL : undefined;
  const what = `full scan, ${among}, ${namespaces} namespaces`;
  return {
    rows: [
      compared(what, times.burrow, 'lsns', times.lsns, goal),
      compared(what, times.burrow, 'lsns with one column', times.shortest),
      compared(what, times.burrow, links, times.floor, FLOOR_GOAL),
      compared(`full scan by the helper's own clock, ${among}`, inside, links, times.floor),
      compared(`full scan with an open tree, ${among}`, watched.burrow, 'lsns', times.lsns, goal),
      compared(`full scan with an open tree, ${among}`, watched.burrow, links, watched.floor, FLOOR_GOAL),
      await deepScan(helper, rounds, among, times.lsns),
      compared(`snapshot to the client, ${among}`, times.snapshot, 'lsns', times.lsns),
    ],
    processes,
    each: { scan: each(times.burrow), watched: each(watched.burrow), floor: each(watched.floor) },
  };
}

async function deepScan(helper: Helper, rounds: number, among: string, lsns: Times): Promise<Row> {
  const { burrow } = await hold(rounds, { burrow: timed(() => helper.request('namespaces/refresh', { deep: true })) });
  return compared(`full scan with an open tree, threads, descriptors, sockets and mounts, ${among}`, burrow, 'lsns, without them', lsns, 1);
}

/** Right after the start of a helper, which has read nothing before; the start itself is not counted. */
export async function firstScan(floor: Running): Promise<Row> {
  const times = await hold(FRESH_HELPERS, {
    burrow: { onceMs: () => withHelper(({ helper }) => timed(() => helper.request('namespaces/refresh', {})).onceMs()) },
    floor: floorCompetitor(floor),
  });
  return compared(`first scan of a fresh helper, ${processCount()} processes`, times.burrow, links, times.floor);
}
