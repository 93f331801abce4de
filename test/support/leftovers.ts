import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Everything on the machine that a sandbox could leave behind. */
export interface Belongings {
  readonly links: readonly string[];
  readonly mounts: readonly string[];
  /** Inodes. */
  readonly namespaces: readonly string[];
  readonly files: readonly string[];
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

/** `folder` is the helper's, whose records count too. */
export function belongings(folder: string): Belongings {
  const links = lines(execFileSync('ip', ['-oneline', 'link'], { encoding: 'utf8' }));
  const mounts = lines(readFileSync('/proc/self/mountinfo', 'utf8'));
  const namespaces = lines(execFileSync('lsns', ['--noheadings', '--output', 'NS'], { encoding: 'utf8' }));
  return {
    links: links.map(line => line.split(': ')[1] ?? line).sort(),
    mounts: mounts.map(line => line.split(' ')[4] ?? line).sort(),
    namespaces: namespaces.map(line => line.trim()).sort(),
    files: readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort(),
  };
}

/**
 * What is there now and was not before. Other programs make namespaces too, so of those only `inodes` count.
 */
export function leftovers(before: Belongings, now: Belongings, inodes: readonly number[]): readonly string[] {
  const fresh = (part: 'links' | 'mounts' | 'files') =>
    now[part].filter(each => !before[part].includes(each)).map(each => `${part}: ${each}`);
  const namespaces = inodes.filter(inode => now.namespaces.includes(`${inode}`)).map(inode => `namespace ${inode}`);
  return [...fresh('links'), ...fresh('mounts'), ...fresh('files'), ...namespaces];
}
