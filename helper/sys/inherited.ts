import { SysError } from './errors.ts';
import { CLOSE_RANGE_CLOEXEC } from './flags.ts';
import { sys } from './libc.ts';

/**
 * What whoever started the helper had open, a directory say, ends with the helper and reaches nothing that it starts
 * (CVE-2024-21626). Node does the same, but stops at the first number above 15 that is free.
 */
export function keepInherited(): void {
  try {
    sys('close_range', 'the descriptors', 3, 0xffff_ffff, CLOSE_RANGE_CLOEXEC);
  } catch (error) {
    // EINVAL, ENOSYS: before Linux 5.11. The programs of the stage close them too, but only at their end.
    if (!(error instanceof SysError && (error.errno === 'EINVAL' || error.errno === 'ENOSYS'))) throw error;
  }
}
