// Starts the stage by posix_spawn(3). Node's own spawn forks, which copies the page tables of the helper:
// that takes longer than all that most programs do.
import { closeSync } from 'node:fs';
import { F_DUPFD_CLOEXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
/** spawn.h of glibc and of musl. */
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
/** Room for posix_spawnattr_t and posix_spawn_file_actions_t, which are 336 and 80 bytes in both. */
const OPAQUE_BYTES = 512;
/** sigset_t */
const SIGNALS_BYTES = 128;

export interface Spawned {
  /** A child that the caller has to wait for. */
  readonly pid: number;
  /** The helper's end of the control socket. */
  readonly control: number;
}

/**
 * Returns once the stage is executed. It has the descriptors 0, 1 and 2, the control socket as 3 and the handles
 * from 4 on; no other, since all that the helper opens is closed by execve(2). No signal is blocked or ignored in it.
 * @throws SysError of socketpair, fcntl or posix_spawn: EMFILE, EAGAIN, ENOMEM; then there is no child
 */
export function spawnStage(path: string, stdio: readonly number[], handles: readonly number[]): Spawned {
  const ends = Buffer.alloc(8);
  sys('socketpair', 'the control socket of the stage', AF_UNIX, SOCK_STREAM_CLOEXEC, 0, ends);
  const control = ends.readInt32LE(0);
  const theirs = ends.readInt32LE(4);
  try {
    return { pid: spawnWith(path, [...stdio, theirs, ...handles]), control };
  } catch (error) {
    closeSync(control);
    throw error;
  } finally {
    closeSync(theirs);
  }
}

/** @param descriptors those that become 0, 1, 2 and so on */
function spawnWith(path: string, descriptors: readonly number[]): number {
  using raised = new Raised(descriptors);
  using actions = new Actions(raised.descriptors);
  const pid = Buffer.alloc(4);
  sys('posix_spawn', 'the stage', pid, path, actions.bytes, plainSignals(), ['burrow-stage', null], [null]);
  return pid.readInt32LE();
}

/** The same files by numbers that no dup2(2) of the child overwrites before they are read. */
class Raised implements Disposable {
  readonly descriptors: readonly number[];
  readonly #made: number[] = [];

  constructor(descriptors: readonly number[]) {
    const count = descriptors.length;
    try {
      this.descriptors = descriptors.map(fd => (fd < count ? this.#raise(fd, count) : fd));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #raise(fd: number, atLeast: number): number {
    const raised = sys('fcntl', `descriptor ${fd} for the stage`, fd, F_DUPFD_CLOEXEC, 'int', atLeast);
    this.#made.push(raised);
    return raised;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#made) closeSync(fd);
  }
}

/** posix_spawn_file_actions_t */
class Actions implements Disposable {
  readonly bytes = Buffer.alloc(OPAQUE_BYTES);

  constructor(descriptors: readonly number[]) {
    sys('posix_spawn_file_actions_init', 'the stage', this.bytes);
    try {
      descriptors.forEach((fd, target) => {
        sys('posix_spawn_file_actions_adddup2', 'the stage', this.bytes, fd, target);
      });
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    sys('posix_spawn_file_actions_destroy', 'the stage', this.bytes);
  }
}

let attributes: Buffer | undefined;

/** posix_spawnattr_t: Node ignores SIGPIPE, and what is ignored stays so over execve(2). */
function plainSignals(): Buffer {
  if (attributes) return attributes;
  const made = Buffer.alloc(OPAQUE_BYTES);
  sys('posix_spawnattr_init', 'the stage', made);
  sys('posix_spawnattr_setflags', 'the stage', made, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sys('posix_spawnattr_setsigdefault', 'the stage', made, Buffer.alloc(SIGNALS_BYTES, 0xff));
  sys('posix_spawnattr_setsigmask', 'the stage', made, Buffer.alloc(SIGNALS_BYTES));
  attributes = made;
  return made;
}
