import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  readonly command: string;
}

function read(pid: number): ProcessEntry | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    if (/^State:\s+[ZX]/m.test(status)) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid, parent: field('PPid'), uid: field('Uid'), command };
  } catch {
    return undefined; // it ended in the meantime
  }
}

/** Every process but zombies. */
export const processes = (): readonly ProcessEntry[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => read(Number(name)) ?? []);

export function descendants(pid: number): readonly number[] {
  const all = processes();
  const below = (parent: number): number[] => all.filter(each => each.parent === parent).flatMap(each => [each.pid, ...below(each.pid)]);
  return below(pid);
}

export const isAlive = (pid: number): boolean => read(pid) !== undefined;
