// A cgroup and those that others made below it. Root inside who is also root outside may nest them as deep as he likes,
// deeper than a path can be long: so none is reached by its whole path, and one directory is open at a time.
import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { hasVanished } from '../sys/errors.ts';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

const within = (directory: number, name: string): string => `/proc/self/fd/${directory}/${name}`;

function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (hasVanished(error)) return undefined;
    throw error;
  }
}

const open = (path: string): number | undefined => ifThere(() => openSync(path, DIRECTORY));

const subdirectories = (path: string): string[] =>
  (ifThere(() => readdirSync(path, { withFileTypes: true })) ?? []).flatMap(entry => (entry.isDirectory() ? [entry.name] : []));

/**
 * Calls `visit` with a path of each cgroup below `top`, the deepest first, and then of `top` itself. The path is good for
 * the length of the call.
 * @returns false as soon as `visit` does; true at the end, also where there was nothing
 */
export function deepestFirst(top: string, visit: (cgroup: string) => boolean): boolean {
  const opened = open(top);
  if (opened === undefined) return true;
  let here: number = opened;
  const goTo = (directory: number): void => {
    closeSync(here);
    here = directory;
  };
  try {
    const levels = [{ name: top, below: subdirectories(within(here, '.')) }];
    for (;;) {
      const level = levels.at(-1);
      const next = level?.below.pop();
      if (next !== undefined) {
        const child = open(within(here, next));
        if (child === undefined) continue; // removed meanwhile
        goTo(child);
        levels.push({ name: next, below: subdirectories(within(here, '.')) });
        continue;
      }
      levels.pop();
      if (!level || levels.length === 0) return visit(top);
      const above = open(within(here, '..'));
      if (above === undefined) return true;
      goTo(above);
      if (!visit(within(here, level.name))) return false;
    }
  } finally {
    closeSync(here);
  }
}

/** The sum of what `measure` says of each of them. */
export function sumOver(top: string, measure: (cgroup: string) => number): number {
  let sum = 0;
  deepestFirst(top, cgroup => {
    sum += measure(cgroup);
    return true;
  });
  return sum;
}
