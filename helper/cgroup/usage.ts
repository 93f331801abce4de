// What a sandbox has used so far, from whatever file of this host tells.
import { join } from 'node:path';
import { numberIn, readFrom } from './files.ts';
import type { Place } from './layout.ts';
import { sumOver } from './tree.ts';

/** What the host cannot tell is absent: the sandbox has no cgroup with that controller, or the kernel is too old. */
export interface Usage {
  readonly cpuSeconds?: number;
  /** v2 has this since Linux 5.19. */
  readonly memoryPeakBytes?: number;
  readonly memoryNowBytes?: number;
  /** Processes and threads. */
  readonly processes?: number;
  /** How many processes the limit of memory ended. */
  readonly oomKills?: number;
  /** How often the limit of processes refused one. */
  readonly processesRefused?: number;
  /** How long its processors waited because of the limit of cpus, summed over them. */
  readonly throttledSeconds?: number;
}

interface Source {
  readonly version: 1 | 2;
  /** Undefined for what every cgroup of this version has. */
  readonly controller?: string;
  readonly file: string;
  /** The word in front of the number; the file is nothing but the number where there is none. */
  readonly word?: string;
  /** What 1 of its unit is in that of {@link Usage}. */
  readonly unit?: number;
  /** Each cgroup counts only what happened in itself. */
  readonly isLocal?: true;
}

const NANO = 1e-9;
const MICRO = 1e-6;

// biome-ignore format: a table
const sources: Readonly<Record<keyof Usage, readonly Source[]>> = {
  cpuSeconds: [
    { version: 1, controller: 'cpuacct', file: 'cpuacct.usage', unit: NANO },
    { version: 2, file: 'cpu.stat', word: 'usage_usec', unit: MICRO },
  ],
  memoryPeakBytes: [
    { version: 1, controller: 'memory', file: 'memory.max_usage_in_bytes' },
    { version: 2, controller: 'memory', file: 'memory.peak' },
  ],
  memoryNowBytes: [
    { version: 1, controller: 'memory', file: 'memory.usage_in_bytes' },
    { version: 2, controller: 'memory', file: 'memory.current' },
  ],
  processes: [
    { version: 1, controller: 'pids', file: 'pids.current' },
    { version: 2, controller: 'pids', file: 'pids.current' },
  ],
  oomKills: [
    { version: 1, controller: 'memory', file: 'memory.oom_control', word: 'oom_kill', isLocal: true },
    { version: 2, controller: 'memory', file: 'memory.events', word: 'oom_kill' },
  ],
  processesRefused: [
    { version: 1, controller: 'pids', file: 'pids.events', word: 'max', isLocal: true },
    { version: 2, controller: 'pids', file: 'pids.events', word: 'max' },
  ],
  throttledSeconds: [
    { version: 1, controller: 'cpu', file: 'cpu.stat', word: 'throttled_time', unit: NANO },
    { version: 2, controller: 'cpu', file: 'cpu.stat', word: 'throttled_usec', unit: MICRO },
  ],
};

/** @throws SysError when a file is there and cannot be read */
export function usage(places: readonly Place[]): Usage {
  const known = Object.entries(sources).flatMap(([key, possible]): [string, number][] => {
    for (const source of possible) {
      const value = measure(places, source);
      if (value !== undefined) return [[key, value]];
    }
    return [];
  });
  return Object.fromEntries(known);
}

function measure(places: readonly Place[], { version, controller, file, word, unit = 1, isLocal }: Source): number | undefined {
  const place = places.find(
    ({ hierarchy }) => hierarchy.version === version && (controller === undefined || hierarchy.controllers.includes(controller)),
  );
  const valueIn = (cgroup: string): number | undefined => {
    const text = readFrom(join(cgroup, file));
    return word === undefined ? numberOf(text) : numberIn(text, word);
  };
  const own = place && valueIn(place.group);
  if (!place || own === undefined) return undefined;
  return (isLocal ? sumOver(place.group, cgroup => valueIn(cgroup) ?? 0) : own) * unit;
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
