// Starts a program by posix_spawn(3). Node's own spawn forks, which copies the page tables of the helper:
// that takes longer than all that most programs do.
import { closeSync } from 'node:fs';
import { F_DUPFD_CLOEXEC } from './flags.ts';
import { sys } from './libc.ts';

/** spawn.h of glibc and of musl. */
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
/** Room for posix_spawnattr_t and posix_spawn_file_actions_t, which are 336 and 80 bytes in both. */
const OPAQUE_BYTES = 512;
/** sigset_t */
const SIGNALS_BYTES = 128;

/**
 * Returns once the program is executed. It has no environment, and no signal is blocked or ignored in it.
 * @param name what it is called, its only argument
 * @param descriptors those that become 0, 1, 2 and so on; it has no other, since all that the helper opens is closed by execve(2)
 * @returns a child that the caller has to wait for
 * @throws SysError of fcntl or posix_spawn: EMFILE, EAGAIN, ENOMEM; then there is no child
 */
export function spawn(path: string, name: string, descriptors: readonly number[]): number {
  using raised = new Raised(descriptors);
  using actions = new Actions(raised.descriptors);
  const pid = Buffer.alloc(4);
  sys('posix_spawn', name, pid, path, actions.bytes, plainSignals(), [name, null], [null]);
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
    const raised = sys('fcntl', `descriptor ${fd} for a child`, fd, F_DUPFD_CLOEXEC, 'int', atLeast);
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
    sys('posix_spawn_file_actions_init', 'a child', this.bytes);
    try {
      descriptors.forEach((fd, target) => {
        sys('posix_spawn_file_actions_adddup2', 'a child', this.bytes, fd, target);
      });
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    sys('posix_spawn_file_actions_destroy', 'a child', this.bytes);
  }
}

let attributes: Buffer | undefined;

/** posix_spawnattr_t: Node ignores SIGPIPE, and what is ignored stays so over execve(2). */
function plainSignals(): Buffer {
  if (attributes) return attributes;
  const made = Buffer.alloc(OPAQUE_BYTES);
  sys('posix_spawnattr_init', 'a child', made);
  sys('posix_spawnattr_setflags', 'a child', made, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sys('posix_spawnattr_setsigdefault', 'a child', made, Buffer.alloc(SIGNALS_BYTES, 0xff));
  sys('posix_spawnattr_setsigmask', 'a child', made, Buffer.alloc(SIGNALS_BYTES));
  attributes = made;
  return made;
}
