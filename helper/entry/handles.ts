import { closeSync, openSync } from 'node:fs';
import { O_PATH } from '../sys/flags.ts';
import type { Holdings } from './entered.ts';
import { startupDirectory } from './integration/startup-directory.ts';
import { type EntryPlan, groupOf, handleOf, OWN_MOUNTS, OWN_PROC, rootOf, STARTUP_DIRECTORY } from './program.ts';

/** The descriptors that a program names, and those of this machine among them. */
export class Handles implements Disposable {
  readonly all: ReadonlyMap<string, number>;
  readonly #own: number[] = [];

  constructor({ namespaces, root, memberships, label }: Holdings, { view, hasMounts, lsm, hasStartupDirectory }: EntryPlan) {
    const hold = (path: string, flags: string | number): number => {
      const fd = openSync(path, flags);
      this.#own.push(fd);
      return fd;
    };
    this.all = new Map([
      ...[...namespaces].map(([type, fd]) => [handleOf(type, label), fd] as const),
      ...memberships.map(({ path, fd }) => [groupOf(path), fd] as const),
      ...(root === undefined ? [] : [[rootOf(label), root] as const]),
      ...(view?.tools && hasMounts ? [[OWN_MOUNTS, hold('/proc/self/ns/mnt', 'r')] as const] : []),
      ...(hasStartupDirectory ? [[STARTUP_DIRECTORY, startupDirectory()] as const] : []),
      ...(lsm ? [[OWN_PROC, hold('/proc', O_PATH)] as const] : []),
    ]);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#own) closeSync(fd);
  }
}
