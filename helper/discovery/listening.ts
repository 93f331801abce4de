// What tells of changes without being asked: the process connector, where the kernel lets this process
// hear it, and the mount table.
import { SysError } from '../sys/errors.ts';
import { readNamespace } from '../sys/procfs.ts';
import { isInitial } from './initial.ts';
import { MountTable } from './mount-table.ts';
import { type Happened, ProcEvents } from './proc-events.ts';

export class Listening implements Disposable {
  readonly #events = tryEvents();
  readonly #mountTable = new MountTable();

  /** Whether events tell of processes that start, end, or get another name or user. */
  get hearsProcesses(): boolean {
    return this.#events !== undefined;
  }

  take(): Happened | undefined {
    return this.#events?.take();
  }

  haveMountsChanged(): boolean {
    return this.#mountTable.hasChanged();
  }

  [Symbol.dispose](): void {
    this.#events?.[Symbol.dispose]();
    this.#mountTable[Symbol.dispose]();
  }
}

/** Undefined where the kernel does not tell this process: it is not root, or in a container, and rescans have to do. */
function tryEvents(): ProcEvents | undefined {
  // Events speak of processes by their first numbers.
  if (!isInitial({ type: 'pid', inode: readNamespace('self', 'pid') })) return undefined;
  try {
    return new ProcEvents();
  } catch (error) {
    if (error instanceof SysError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
