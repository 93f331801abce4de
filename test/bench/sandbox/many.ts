// A thousand sandboxes at once, and what is left of them.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';
import { median, timesOf } from '../measure.ts';
import type { Subject } from '../subject.ts';
import { compared, type Row, row } from '../table.ts';

const COUNT = 1000;
const PART = 100;
const LISTS = 20;
const REMOVED_AT_ONCE = 8;

export async function many(subject: Subject): Promise<Row[]> {
  const { helper } = subject;
  const before = countsOf(subject);
  const times: number[] = [];
  const ids: string[] = [];
  const pids: number[] = [];
  for (let index = 0; index < COUNT; index++) {
    const began = performance.now();
    const { id, pid } = await helper.request('sandbox/create', {
      definition: { name: `many-${index}`, limits: { memory: '64M', processes: 50 } },
    });
    times.push(performance.now() - began);
    ids.push(id);
    if (pid !== undefined) pids.push(pid);
  }
  const kilobytes = pids.map(privateBytes).map(bytes => bytes / 1024);
  const lists: number[] = [];
  for (let round = 0; round < LISTS; round++) {
    const began = performance.now();
    await helper.request('sandbox/list', {});
    lists.push(performance.now() - began);
  }
  for (let at = 0; at < ids.length; at += REMOVED_AT_ONCE)
    await Promise.all(ids.slice(at, at + REMOVED_AT_ONCE).map(sandbox => helper.request('sandbox/remove', { sandbox })));
  const left = await leftOf(subject, before);
  const [first, last] = [timesOf(times.slice(0, PART)), timesOf(times.slice(-PART))];
  return [
    compared(`make one beside ${COUNT - PART} others, with a link and limits`, last, `the first ${PART}`, first, 1.3),
    row('private memory of an init, of a thousand the most', Math.max(...kilobytes) / 1000, 'MB', 1, undefined, 0.2),
    row(`list ${COUNT} sandboxes`, median(lists), 'ms', LISTS, undefined, 50),
    row(`left after ${COUNT} of ${Object.keys(before).join(', ')}${written(left)}`, sumOf(left), 'times', 1, undefined, 0),
  ];
}

/** proc_pid_smaps(5): what no other process shares. */
function privateBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return [...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}

type Counts = Readonly<Record<string, number>>;

const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
const written = (counts: Counts): string => (sumOf(counts) === 0 ? '' : `: ${JSON.stringify(counts)}`);

const countsOf = ({ pid }: Subject): Counts => ({
  namespaces: Number(execFileSync('sh', ['-c', 'lsns --noheadings --raw --output NS | wc -l'], { encoding: 'utf8' })),
  mounts: readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n').length,
  cgroups: readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' }).filter(path => path.includes('burrow')).length,
  links: readdirSync('/sys/class/net').length,
  descriptors: readdirSync(`/proc/${pid}/fd`).length,
  processes: readdirSync('/proc').filter(name => /^\d+$/.test(name)).length,
});

/** The kernel lets go of a network namespace in its own time. What other programs make meanwhile counts too, and is named. */
async function leftOf(subject: Subject, before: Counts): Promise<Counts> {
  let left: Counts = {};
  const look = (): boolean => {
    const now = Object.entries(countsOf(subject)).map(([name, count]) => [name, Math.max(0, count - (before[name] ?? 0))] as const);
    left = Object.fromEntries(now.filter(([, count]) => count > 0));
    return Object.keys(left).length === 0;
  };
  await eventually('the counts of before', look, 60).catch(() => undefined);
  return left;
}
