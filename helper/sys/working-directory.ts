// Where a process is, as a path from its own root directory.
import { closeSync, fstatSync, readlinkSync, statSync } from 'node:fs';
import { O_PATH } from './flags.ts';
import { openInRoot } from './in-root.ts';

export interface WorkingDirectory {
  /** What the kernel says: a path from the root of its mount namespace, which its root directory may be below. */
  readonly link: string;
  /** Undefined when its root directory has none like it: a directory that was deleted, or is out of reach. */
  readonly path: string | undefined;
}

/**
 * @param proc `/proc/812`, or that of a thread
 * @param root its root directory
 */
export function workingDirectory(proc: string, root: number): WorkingDirectory {
  const [link, top] = [readlinkSync(`${proc}/cwd`), readlinkSync(`${proc}/root`)];
  if (link === top) return { link, path: '/' };
  const path = pathBelow(link, top);
  return { link, path: path !== undefined && isSame(`${proc}/cwd`, root, path) ? path : undefined };
}

/** A path as it is called from a root directory; both are as the kernel says them, proc_pid_root(5). Undefined for one outside. */
export function pathBelow(link: string, top: string): string | undefined {
  const path = top === '/' ? link : link.slice(link.startsWith(`${top}/`) ? top.length : link.length);
  return path.startsWith('/') ? path : undefined;
}

/** A deleted directory, or one out of reach, has a path that names another or none. */
function isSame(link: string, root: number, path: string): boolean {
  try {
    const fd = openInRoot(root, path, O_PATH);
    try {
      const [there, here] = [fstatSync(fd), statSync(link)];
      return there.dev === here.dev && there.ino === here.ino;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
