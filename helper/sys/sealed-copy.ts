import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { SysError } from './errors.ts';
import { ALL_SEALS, F_ADD_SEALS, MFD_ALLOW_SEALING, MFD_CLOEXEC, MFD_EXEC } from './flags.ts';
import { sys } from './libc.ts';

/**
 * A copy in memory of a program of Burrow's own, open for reading, that nobody can write to, not by the
 * /proc/PID/exe of a process that executes it either (CVE-2019-5736).
 * @param name what the memory file is called
 */
export function sealedCopy(file: string, name: string): number {
  const image = readFileSync(file);
  const copy = memoryFile(name);
  writeSync(copy, image);
  sys('fcntl', `seals of ${name}`, copy, F_ADD_SEALS, 'int', ALL_SEALS);
  // A memory file that is open for writing cannot be executed (ETXTBSY).
  const readable = openSync(`/proc/self/fd/${copy}`, 'r');
  closeSync(copy);
  return readable;
}

function memoryFile(name: string): number {
  try {
    return sys('memfd_create', name, name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  } catch (error) {
    // EINVAL: before Linux 6.3 there was no such flag, and every memory file could be executed.
    if (!(error instanceof SysError && error.errno === 'EINVAL')) throw error;
    return sys('memfd_create', name, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
}
