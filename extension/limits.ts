import type { Limits } from '../helper/protocol/definition/limits.ts';
import type { Usage } from '../helper/protocol/report.ts';
import { secondsWords, sizeWords } from './amounts.ts';

type Rlimit = NonNullable<Limits['rlimits']>[keyof NonNullable<Limits['rlimits']>];

const rlimitWords = (limit: NonNullable<Rlimit>): string =>
  typeof limit === 'object' ? `${limit.soft}, at most ${limit.hard}` : `${limit}`;

/** Each limit as a person reads it. */
const words: { readonly [K in keyof Limits]-?: (value: NonNullable<Limits[K]>) => string } = {
  memory: sizeWords,
  swap: sizeWords,
  cpu: cpu => (cpu === 1 ? '1 processor' : `${cpu} processors`),
  processes: count => count.toLocaleString('en'),
  ioWeight: weight => `${weight}`,
  files: count => count.toLocaleString('en'),
  rlimits: rlimits =>
    Object.entries(rlimits)
      .map(([name, limit]) => `${name} ${rlimitWords(limit)}`)
      .join('; '),
  wallSeconds: secondsWords,
  cpuSeconds: secondsWords,
};

/** What a person calls each. */
export const limitNames: Readonly<Record<keyof Limits, string>> = {
  memory: 'memory',
  swap: 'swap',
  cpu: 'processors',
  processes: 'processes',
  ioWeight: 'weight at the disk',
  files: 'open files',
  rlimits: 'rlimits',
  wallSeconds: 'wall time',
  cpuSeconds: 'CPU time',
};

/** One limit as a person reads it: `256 MB`; undefined when there is none. */
export function limitWords(key: keyof Limits, limits: Limits): string | undefined {
  const value = limits[key];
  // A key and its value belong together, which the compiler cannot follow through a table.
  const say: (value: never) => string = words[key];
  return value === undefined ? undefined : say(value as never);
}

/** The limits that there are, by their names. */
export const limitFacts = (limits: Limits): [string, string][] =>
  (Object.keys(words) as (keyof Limits)[]).flatMap(key => {
    const value = limitWords(key, limits);
    return value === undefined ? [] : [[limitNames[key], value]];
  });

/** What is used now, by its name. */
export const usageFacts = ({ memoryBytes, memoryPeakBytes, processes, cpuSeconds }: Usage): [string, string | undefined][] => [
  [
    'memory used',
    memoryBytes === undefined
      ? undefined
      : `${sizeWords(memoryBytes)}${memoryPeakBytes === undefined ? '' : `, at most ${sizeWords(memoryPeakBytes)} so far`}`,
  ],
  ['processes and threads', processes?.toLocaleString('en')],
  ['CPU time used', cpuSeconds === undefined ? undefined : secondsWords(cpuSeconds)],
];
