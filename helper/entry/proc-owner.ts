// Whose processes the /proc of a root directory shows.
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { O_PATH, PROC_SUPER_MAGIC, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../sys/flags.ts';
import { fileSystemOf, openAs, openInRoot, reopenPath } from '../sys/in-root.ts';

const DIRECTORY = O_PATH | constants.O_DIRECTORY;

/**
 * @param root a directory that somebody else may have filled
 * @returns `own` for the helper's pid namespace, a descriptor of another one, which is the caller's to close, `none` where no
 * such file system is mounted, and `hidden` where it does not say whose it is: its first process has ended, or may not be seen
 */
export function ownerOfProc(root: number): 'own' | 'none' | 'hidden' | number {
  const proc = ifThere(() => openInRoot(root, 'proc', DIRECTORY));
  if (proc === undefined) return 'none';
  try {
    if (fileSystemOf(proc) !== PROC_SUPER_MAGIC) return 'none';
    return selfIn(proc) === `${process.pid}` ? 'own' : (firstIn(proc) ?? 'hidden');
  } finally {
    closeSync(proc);
  }
}

/** The number of the helper there; undefined where it has none. proc_pid_self(5) */
function selfIn(proc: number): string | undefined {
  try {
    return readlinkSync(`${reopenPath(proc)}/self`);
  } catch {
    return undefined;
  }
}

/** The pid namespace of the process that is 1 there. Nothing that is mounted over its directory is followed. */
function firstIn(proc: number): number | undefined {
  const strictly = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const namespaces = ifThere(() => openAs(proc, '1/ns', DIRECTORY, strictly));
  if (namespaces === undefined) return undefined;
  try {
    return ifThere(() => openSync(`${reopenPath(namespaces)}/pid`, 'r'));
  } finally {
    closeSync(namespaces);
  }
}

function ifThere(open: () => number): number | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
