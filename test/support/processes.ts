import { execFileSync } from 'node:child_process';
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
    // The first thread of one that is killed may have ended before its others, which still hold what it had open.
    if (/^State:\s+[ZX]/m.test(status) && field('Threads') <= 1) return undefined;
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

/**
 * Who gets the children of a process that has ended and was started from here: init, or one above that asked for them as
 * `systemd --user` does, PR_SET_CHILD_SUBREAPER(2const).
 */
export function parentOfOrphans(): number {
  const orphan = Number(execFileSync('sh', ['-c', 'sleep infinity >&- 2>&- & echo $!'], { encoding: 'utf8' }));
  try {
    const found = read(orphan);
    if (!found) throw new Error(`the orphan ${orphan} has ended`);
    return found.parent;
  } finally {
    process.kill(orphan, 'SIGKILL');
  }
}

export const isAlive = (pid: number): boolean => read(pid) !== undefined;
