// Files of engines, below the root directory that the engine has: in a container that is the container's.
import { closeSync, constants, fstatSync, opendirSync, openSync } from 'node:fs';
import type * as z from 'zod/mini';
import type { Process } from '../../protocol/model.ts';
import { O_PATH } from '../../sys/flags.ts';
import { openInRoot, readOwnedInRoot, reopenPath } from '../../sys/in-root.ts';
import { readStat } from '../../sys/procfs.ts';
import { unlessHeldUp } from '../hold-ups.ts';
import type { Member } from '../questions.ts';

/** Docker's state of one container has been seen with 100 KB, Podman's list of all has 500 bytes for each. */
const STATE_BYTES = 8 << 20;
const ENTRIES = 4096;
/** Many ticks of the slowest clock that a kernel is built with. */
const FRESH_MS = 2000;

/** What a file says, and whose file it is. */
export interface Stated<T> {
  readonly value: T;
  readonly uid: number;
  readonly path: string;
}

/** All that fails here costs a name: the file may be gone, another's, half written or made up. */
export class Root implements Disposable {
  readonly fd: number;
  /** Whose directory it is, and whose file systems may hold up whoever follows a path below it. */
  readonly #of: Member | undefined;

  private constructor(path: string, of?: Member) {
    this.fd = openSync(path, O_PATH | constants.O_DIRECTORY);
    this.#of = of;
  }

  /** The directory that is to be `/`; the helper's own when none is named. */
  static at(path = '/'): Root {
    return new Root(path);
  }

  /** Undefined when the process has ended or may not be looked into. */
  static of(process: Process): Root | undefined {
    const { pid, start } = process;
    try {
      const root = unlessHeldUp(process, undefined, () => new Root(`/proc/${pid}/root`, { pid, start }));
      if (!root) return undefined;
      // Opened first, compared then: the number may be another process's by now.
      if (readStat(pid).start === start) return root;
      root[Symbol.dispose]();
    } catch {
      // as above
    }
    return undefined;
  }

  /** @param limitBytes of a file that is longer nothing is read: it may be as long as its owner says, at no cost to its owner */
  read(path: string, limitBytes = STATE_BYTES): Stated<string> | undefined {
    try {
      const owned = unlessHeldUp(this.#of, undefined, () => readOwnedInRoot(this.fd, path, limitBytes, true));
      return owned && { value: owned.text.trim(), uid: owned.uid, path };
    } catch {
      return undefined;
    }
  }

  readJson<T>(path: string, schema: z.ZodMiniType<T>, limitBytes?: number): Stated<T> | undefined {
    const stated = this.read(path, limitBytes);
    if (!stated) return undefined;
    const value = parseJson(stated.value, schema);
    return value === undefined ? undefined : { ...stated, value };
  }

  /** The names in a directory; of one with very many, some. */
  list(path: string): string[] {
    return this.#withDirectory(path, [], fd => {
      const directory = opendirSync(reopenPath(fd));
      try {
        const names: string[] = [];
        for (let entry = directory.readSync(); entry && names.length < ENTRIES; entry = directory.readSync()) names.push(entry.name);
        return names;
      } finally {
        directory.closeSync();
      }
    });
  }

  /** Changes whenever something is added to the directory or taken away; undefined when there is none. */
  stampOf(path: string): string | undefined {
    return this.#withDirectory(path, undefined, fd => {
      const { dev, ino, mtimeNs } = fstatSync(fd, { bigint: true });
      return `${dev}:${ino}:${mtimeNs}`;
    });
  }

  /** Has it changed so lately that a change that comes now may leave its stamp the same? The kernel's clock for files is coarse. */
  isFresh(path: string): boolean {
    return this.#withDirectory(path, true, fd => Math.abs(Date.now() - fstatSync(fd).mtimeMs) < FRESH_MS);
  }

  #withDirectory<T>(path: string, none: T, work: (fd: number) => T): T {
    return unlessHeldUp(this.#of, none, () => this.#openDirectory(path, none, work));
  }

  #openDirectory<T>(path: string, none: T, work: (fd: number) => T): T {
    let fd: number | undefined;
    try {
      fd = openInRoot(this.fd, path, O_PATH | constants.O_DIRECTORY);
      return work(fd);
    } catch {
      return none;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Undefined for anything but JSON of this shape. */
export function parseJson<T>(text: string, schema: z.ZodMiniType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
