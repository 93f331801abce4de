import { readdirSync } from 'node:fs';
import { SysError } from '../sys/errors.ts';
import { F_SETFD, FD_CLOEXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

/**
 * What whoever started the helper had open, a directory say, ends with the helper and reaches nothing that it starts
 * (CVE-2024-21626). Node does the same, but stops at the first number above 15 that is free.
 */
export function keepInherited(): void {
  for (const fd of readdirSync('/proc/self/fd')
    .map(Number)
    .filter(each => each > 2)) {
    try {
      sys('fcntl', `descriptor ${fd}`, fd, F_SETFD, 'int', FD_CLOEXEC);
    } catch (error) {
      if (!(error instanceof SysError && error.errno === 'EBADF')) throw error; // that of the directory itself
    }
  }
}
