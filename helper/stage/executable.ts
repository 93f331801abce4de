import { join } from 'node:path';
import { pid } from 'node:process';
import { sealedCopy } from '../sys/sealed-copy.ts';

let made: number | undefined;

/**
 * The path by which the stage is executed: a sealed copy in memory, made once. The file itself is never
 * executed, because a process inside a container can reach its init's /proc/PID/exe and would find the host's file there.
 */
export function stageExecutable(): string {
  made ??= sealedCopy(join(import.meta.dirname, 'stage'), 'burrow-stage');
  return `/proc/${pid}/fd/${made}`;
}
