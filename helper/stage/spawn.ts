import { closeSync } from 'node:fs';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { spawn } from '../sys/spawn.ts';

export interface Spawned {
  /** A child that the caller has to wait for. */
  readonly pid: number;
  /** The helper's end of the control socket. */
  readonly control: number;
}

/**
 * Returns once the stage is executed. It has the control socket as 3, and as 0, 1 and 2, which it closes; no other
 * descriptor, since all that the helper opens is closed by execve(2). No signal is blocked or ignored in it.
 * @throws SysError of socketpair, fcntl or posix_spawn: EMFILE, EAGAIN, ENOMEM; then there is no child
 */
export function spawnStage(path: string): Spawned {
  const ends = Buffer.alloc(8);
  sys('socketpair', 'the control socket of the stage', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
  const control = ends.readInt32LE(0);
  const theirs = ends.readInt32LE(4);
  try {
    return { pid: spawn(path, 'burrow-stage', [theirs, theirs, theirs, theirs]), control };
  } catch (error) {
    closeSync(control);
    throw error;
  } finally {
    closeSync(theirs);
  }
}
