import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { SysError } from '../sys/errors.ts';
import { ALL_SEALS, F_ADD_SEALS, MFD_ALLOW_SEALING, MFD_CLOEXEC, MFD_EXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

/**
 * The path by which the stage is executed: a sealed copy in memory, made once. The file itself is
 * never executed, because a process inside a container can reach its init's /proc/PID/exe and would
 * find the host's file there (CVE-2019-5736); this copy nobody can write to.
 */
export function stageExecutable(): string {
  made ??= sealedCopy(join(import.meta.dirname, 'stage'));
  return `/proc/${pid}/fd/${made}`;
}

let made: number | undefined;

function sealedCopy(file: string): number {
  const image = readFileSync(file);
  const copy = memoryFile();
  writeSync(copy, image);
  sys('fcntl', 'seals of the stage', copy, F_ADD_SEALS, 'int', ALL_SEALS);
  // A memory file that is open for writing cannot be executed (ETXTBSY).
  const readable = openSync(`/proc/self/fd/${copy}`, 'r');
  closeSync(copy);
  return readable;
}

function memoryFile(): number {
  try {
    return sys('memfd_create', 'the stage', 'burrow-stage', MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  } catch (error) {
    // EINVAL: before Linux 6.3 there was no such flag, and every memory file could be executed.
    if (!(error instanceof SysError && error.errno === 'EINVAL')) throw error;
    return sys('memfd_create', 'the stage', 'burrow-stage', MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
}
