// The files and directories of cgroups, each failure with its call, errno and path.
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmdirSync, writeSync } from 'node:fs';
import { hasVanished, SysError } from '../sys/errors.ts';

function attempt<T>(syscall: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    throw new SysError(syscall, -error.errno, path);
  }
}

/** What the kernel says of the files of a cgroup that was removed after they were opened is ENODEV. */
const isGone = (error: unknown): boolean => hasVanished(error) || (error instanceof SysError && error.errno === 'ENODEV');

function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Node's writeFile would also make the file, to which cgroupfs says EACCES where ENOENT is meant. @throws SysError */
export function writeTo(path: string, value: string): void {
  const fd = attempt('open', path, () => openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW));
  try {
    attempt('write', path, () => writeSync(fd, value));
  } finally {
    closeSync(fd);
  }
}

/** @returns false when there is no such file. @throws SysError */
export const writeIfThere = (path: string, value: string): boolean =>
  ifThere(() => {
    writeTo(path, value);
    return true;
  }) ?? false;

/** @returns undefined when there is no such file. @throws SysError */
export const readFrom = (path: string): string | undefined => ifThere(() => attempt('read', path, () => readFileSync(path, 'utf8')));

/** @returns the path. @throws SysError */
export function makeDirectory(path: string): string {
  attempt('mkdir', path, () => mkdirSync(path, { mode: 0o755 }));
  return path;
}

/** A directory that may be there already. @throws SysError */
export function makeShared(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'EEXIST')) throw error;
  }
}

/**
 * @returns false when it is in use: by processes or cgroups in it, or for a moment more by processes that have ended
 * @throws SysError
 */
export function removeDirectory(path: string): boolean {
  try {
    ifThere(() => attempt('rmdir', path, () => rmdirSync(path)));
    return true;
  } catch (error) {
    if (error instanceof SysError && error.errno === 'EBUSY') return false;
    throw error;
  }
}

/** The number of the line `populated 1`. */
export function numberIn(text: string | undefined, word: string): number | undefined {
  const line = text?.split('\n').find(each => each.startsWith(`${word} `));
  return line === undefined ? undefined : Number(line.slice(word.length + 1));
}

/** The processes of one cgroup, without those of the cgroups below it. */
export const membersOf = (cgroup: string): number[] => (readFrom(`${cgroup}/cgroup.procs`) ?? '').split('\n').filter(Boolean).map(Number);
