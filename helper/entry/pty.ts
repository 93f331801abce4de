// Pseudoterminals, pty(7). A new pair for each terminal: what is typed into one can reach no other,
// whatever TIOCSTI permits.
import { closeSync, constants, fchownSync, fstatSync, openSync } from 'node:fs';
import type { Size } from '../protocol/target.ts';
import { DEVPTS_SUPER_MAGIC, O_CLOEXEC, O_PATH, TIOCGPTPEER, TIOCSPTLCK, TIOCSWINSZ } from '../sys/flags.ts';
import { fileSystemOf, openInRoot, reopenPath } from '../sys/in-root.ts';
import { sys } from '../sys/libc.ts';

/** makedev(5, 2) */
const PTMX_DEVICE = 0x502;
const OPEN = constants.O_RDWR | constants.O_NOCTTY;

export interface Pty {
  /** The helper's end. */
  readonly master: number;
  /** The end that becomes descriptors 0, 1 and 2 of the command. */
  readonly slave: number;
}

/**
 * Makes a pair whose slave belongs to `uid` and `gid` (as the host counts).
 * @param root the target's root directory, whose devpts is used where it has one
 */
export function openPty(root: number | undefined, size: Size, uid: number, gid: number): Pty {
  const own = root === undefined ? undefined : targetMaster(root);
  const master = own ?? openSync('/dev/ptmx', OPEN);
  try {
    sys('ioctl', 'a new terminal', master, TIOCSPTLCK, 'void *', Buffer.alloc(4));
    resize(master, size);
    // By the master, not by a path, which somebody inside might have replaced (CVE-2025-52565).
    const slave = sys('ioctl', 'a new terminal', master, TIOCGPTPEER, 'int', OPEN | O_CLOEXEC);
    giveTo(slave, uid, gid);
    return { master, slave };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

function giveTo(slave: number, uid: number, gid: number): void {
  try {
    fchownSync(slave, uid, gid);
  } catch (error) {
    closeSync(slave);
    throw error;
  }
}

/** The target's /dev/pts/ptmx, if that is what it claims to be. */
function targetMaster(root: number): number | undefined {
  let held: number | undefined;
  try {
    held = openInRoot(root, 'dev/pts/ptmx', O_PATH);
    const { rdev } = fstatSync(held);
    // Another terminal of the same file system may be mounted over it.
    if (fileSystemOf(held) !== DEVPTS_SUPER_MAGIC || rdev !== PTMX_DEVICE) return undefined;
    return openSync(reopenPath(held), OPEN);
  } catch {
    return undefined; // no devpts inside, or one that may not be used: then the host's
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

/** struct winsize, ioctl_tty(2) */
export function resize(master: number, { columns, rows }: Size): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  sys('ioctl', 'the size of a terminal', master, TIOCSWINSZ, 'void *', size);
}
