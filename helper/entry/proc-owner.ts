// Whose processes the /proc of a root directory shows.
import { closeSync, constants, openSync } from 'node:fs';
import { NSFS_MAGIC, O_PATH, PROC_SUPER_MAGIC, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../sys/flags.ts';
import { fileSystemOf, openAs, openInRoot, reopenPath } from '../sys/in-root.ts';
import { sys } from '../sys/libc.ts';
import { inodeOf } from '../sys/namespaces.ts';
import { parseNamespaceLink } from '../sys/procfs.ts';

const DIRECTORY = O_PATH | constants.O_DIRECTORY;
/** Of `self` and of the links of namespaces; a longer one is none of these. */
const LINK_BYTES = 64;

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
    // The number of the helper there, proc_pid_self(5); it has none where it cannot be seen.
    return linkIn(proc, 'self') === `${process.pid}` ? 'own' : (firstIn(proc) ?? 'hidden');
  } finally {
    closeSync(proc);
  }
}

/** What is mounted over a file of /proc is not followed, nor taken for it (EXDEV). */
const STRICTLY = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

/** What a symbolic link of /proc says, readlinkat(2); undefined where it is none, or covered. */
function linkIn(directory: number, name: string): string | undefined {
  const link = ifThere(() => openAs(directory, name, O_PATH | constants.O_NOFOLLOW, STRICTLY));
  if (link === undefined) return undefined;
  const text = Buffer.alloc(LINK_BYTES);
  try {
    return text.toString('latin1', 0, sys('readlinkat', name, link, '', text, text.length));
  } catch {
    return undefined;
  } finally {
    closeSync(link);
  }
}

/** The pid namespace of the process that is 1 there: what its link says, and nothing that is put in its place meanwhile. */
function firstIn(proc: number): number | undefined {
  const namespaces = ifThere(() => openAs(proc, '1/ns', DIRECTORY, STRICTLY));
  if (namespaces === undefined) return undefined;
  try {
    const link = linkIn(namespaces, 'pid');
    if (link === undefined) return undefined;
    const fd = ifThere(() => openSync(`${reopenPath(namespaces)}/pid`, constants.O_RDONLY | constants.O_NONBLOCK));
    if (fd === undefined || (fileSystemOf(fd) === NSFS_MAGIC && inodeOf(fd) === parseNamespaceLink(link))) return fd;
    closeSync(fd);
    return undefined;
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
