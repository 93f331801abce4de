// The environment of a process, if it was given to it in there. What an engine forks and does not execute goes on with the
// environment of the shell that called the engine, whatever that engine gives its programs (systemd-nspawn -a, bubblewrap).
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { O_PATH } from '../sys/flags.ts';
import { openInRoot } from '../sys/in-root.ts';
import { processBytes, processText } from '../sys/process-files.ts';
import { parseStat } from '../sys/procfs.ts';
import { pathBelow } from '../sys/working-directory.ts';
import { environmentOf } from './environment.ts';

export interface Origin {
  readonly environment: Readonly<Record<string, string>>;
  /** Who was given it: the process, the first program that it started in there, or nobody who is known. */
  readonly givenTo: 'itself' | 'its program' | 'nobody';
}

/** Children that are looked at: the engine's own process starts one. */
const TRIED = 4;

/**
 * The caller makes sure, after it, that the process is still the one meant.
 * @param proc `/proc/812/task/815`
 * @param root its root directory
 */
export function originOf(pid: number, proc: string, root: number): Origin {
  if (wasExecutedBelow(proc, root)) return { environment: readEnvironment(proc), givenTo: 'itself' };
  for (const child of childrenOf(proc).slice(0, TRIED)) {
    const environment = environmentOfChild(child, pid, root);
    if (environment) return { environment, givenTo: 'its program' };
  }
  return { environment: {}, givenTo: 'nobody' };
}

/** A number that was given to another process meanwhile has another parent. */
function environmentOfChild(child: number, parent: number, root: number): Record<string, string> | undefined {
  const proc = `/proc/${child}`;
  try {
    const environment = wasExecutedBelow(proc, root) ? readEnvironment(proc) : undefined;
    return parseStat(processText(proc, 'stat', 'latin1')).parent === parent ? environment : undefined;
  } catch {
    return undefined; // it has ended
  }
}

/** proc_pid_task(5). Not every kernel has this file. */
function childrenOf(proc: string): number[] {
  try {
    return processText(proc, 'children', 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/**
 * A program stays on the mount that it was executed from. Only where that mount is one of those below the root directory was
 * it executed there; the same file may also be seen through another. One that was deleted since still has a directory above it.
 */
function wasExecutedBelow(proc: string, root: number): boolean {
  const program = mountOfProgram(proc);
  if (program === undefined) return true; // a kernel thread, or one that may not be looked at: it has no environment to read either
  const path = pathBelow(readlinkSync(`${proc}/exe`), readlinkSync(`${proc}/root`))?.replace(/ \(deleted\)$/, '');
  if (path === undefined) return false;
  const mountOf = (each: string): string | undefined => mountBelow(root, each);
  return (
    mountOf(path) === program ||
    directoriesAbove(path)
      .map(mountOf)
      .find(mount => mount !== undefined) === program
  );
}

/** `/a/b`, `/a` and `/` of `/a/b/c`. */
function directoriesAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...directoriesAbove(above)];
}

const unseen: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'EPERM']);

/** Undefined for one that has no program to look at. @throws Error of node:fs for want of descriptors, say: that tells nothing of it */
function mountOfProgram(proc: string): string | undefined {
  try {
    return mountAt(openSync(`${proc}/exe`, O_PATH));
  } catch (error) {
    if (error instanceof Error && 'code' in error && unseen.has(error.code)) return undefined;
    throw error;
  }
}

function mountBelow(root: number, path: string): string | undefined {
  try {
    return mountAt(openInRoot(root, path, O_PATH));
  } catch {
    return undefined;
  }
}

/** The number of the mount that something is on, proc_pid_fdinfo(5). @param fd is closed */
function mountAt(fd: number): string | undefined {
  try {
    return /^mnt_id:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  } finally {
    closeSync(fd);
  }
}

/** An ordinary user's helper may enter a process that has changed its user, and may not read this of it. */
function readEnvironment(proc: string): Record<string, string> {
  try {
    return environmentOf(processBytes(proc, 'environ'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return {};
    throw error;
  }
}
