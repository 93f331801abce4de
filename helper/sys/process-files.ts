// The files of /proc/PID that another process fills, with a bound: a process needs no right to say that its arguments
// are a gigabyte long (prctl(2), PR_SET_MM_MAP), and the kernel would read all of it out. Nobody else reads them.
import { closeSync, openSync, readSync } from 'node:fs';

/** What is read at most of each, in bytes: more than any that is what it should be has. */
export const processFiles = {
  stat: 4 << 10,
  comm: 4 << 10,
  cmdline: 256 << 10,
  environ: 256 << 10,
  /** 65,536 groups are a line of 700 KiB. */
  status: 1 << 20,
  cgroup: 256 << 10,
  uid_map: 64 << 10,
  gid_map: 64 << 10,
  limits: 16 << 10,
  timens_offsets: 4 << 10,
  setgroups: 16,
  'attr/current': 4 << 10,
  'attr/apparmor/current': 4 << 10,
  /** A line for each mount of its namespace, and for each unix socket. */
  mountinfo: 8 << 20,
  'net/unix': 4 << 20,
} as const;

export type ProcessFile = keyof typeof processFiles;

/** `812`, `self`, or for a thread its directory, `/proc/812/task/815`. */
export type Whose = number | string;

/** Nearly all are shorter. One for all: what is in it is taken out before anything else runs. */
const usual = Buffer.alloc(16 << 10);

/**
 * The beginning of the file, which of nearly every process is all of it.
 * @param limitBytes where less is enough
 * @throws Error of node:fs: ENOENT or ESRCH when the process has ended, EACCES, EPERM
 */
export const processText = (whose: Whose, file: ProcessFile, encoding: 'utf8' | 'latin1' = 'utf8', limitBytes?: number): string =>
  read(whose, file, limitBytes).toString(encoding);

/** The same, for what may be no text. */
export const processBytes = (whose: Whose, file: ProcessFile): Buffer => Buffer.from(read(whose, file));

function read(whose: Whose, file: ProcessFile, limitBytes: number = processFiles[file]): Buffer {
  const fd = openSync(`${String(whose).startsWith('/') ? whose : `/proc/${whose}`}/${file}`, 'r');
  try {
    let bytes: Buffer = usual;
    let filled = 0;
    while (filled < limitBytes) {
      if (filled === bytes.length) bytes = Buffer.concat([bytes], Math.min(limitBytes, bytes.length * 4));
      const count = readSync(fd, bytes, filled, Math.min(limitBytes, bytes.length) - filled, null);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}
