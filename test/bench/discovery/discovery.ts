// What namespaces are there? Against lsns, against the floor, and as the machine changes.

import { Programs, type Running } from '../programs.ts';
import { withHelper } from '../subject.ts';
import { print, type Row, row } from '../table.ts';
import { amidst } from './crowd.ts';
import { idle, memory, oneChange } from './live.ts';
import { firstScan, type Scans, scans } from './scans.ts';
import { storm } from './storm.ts';
import { Watch } from './watch.ts';

/** How much longer a process may take at the largest size than at the one it is compared with. */
const LINEAR_GOAL = 1.2;

export async function discovery(): Promise<Row[]> {
  using programs = new Programs('discovery', ['crowd', 'floor', 'maker', 'storm']);
  const floor = programs.start('floor');
  const maker = programs.start('maker');
  const rows = await contests(programs, floor, maker).finally(() => Promise.all([floor.end(), maker.end()]));
  const left = programs.living();
  if (left.length > 0) throw new Error(`processes of the contests live on: ${left.join(', ')}`);
  return rows;
}

async function contests(programs: Programs, floor: Running, maker: Running): Promise<Row[]> {
  const scan = (size: number) => withHelper(subject => scans(subject, floor, size));
  const among = async (size: number, more: () => Promise<Row[]>) => {
    const part = await amidst(programs, size, async () => ({ scan: await scan(size), more: await more() }));
    const rows = [...part.scan.rows, ...part.more];
    // All of it takes many minutes: nobody should have to wait for the end.
    print(rows);
    return { scan: part.scan, rows };
  };
  const few = await among(100, nothing);
  const some = await among(1000, nothing);
  const many = await among(4000, async () => [await firstScan(floor), ...(await live(programs, maker))]);
  const most = await among(10_000, watched);
  return [...[few, some, many, most].flatMap(({ rows }) => rows), ...linear(some.scan, most.scan)];
}

const nothing = (): Promise<Row[]> => Promise.resolve([]);

/** The floor beside it shows how much of it is the kernel's, or another program's that ran in the meantime. */
function linear(some: Scans, most: Scans): Row[] {
  const compare = (what: string, which: keyof Scans['each'], atMost?: number) => {
    const other = { against: `the same of ${some.processes}`, other: some.each[which] };
    return row(`${what}, for each of ${most.processes} processes`, most.each[which], 'µs', 1, other, atMost);
  };
  return [
    compare('full scan', 'scan', LINEAR_GOAL),
    compare('full scan with an open tree', 'watched', LINEAR_GOAL),
    compare('the C program in place of Burrow', 'floor'),
  ];
}

/** With an open tree. */
const live = (programs: Programs, maker: Running): Promise<Row[]> =>
  withHelper(async subject => {
    const watch = await Watch.begin(subject.helper);
    return [...(await oneChange(subject, watch, maker)), ...(await idle(subject)), ...(await storm(subject, watch, programs, maker))];
  });

const watched = (): Promise<Row[]> =>
  withHelper(async subject => {
    await Watch.begin(subject.helper);
    return memory(subject);
  });
