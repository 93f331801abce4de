import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The same for a test as it is written and as it is compiled into out/. */
function findRoot(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'tsconfig.json')) && existsSync(join(folder, 'package-lock.json'))) return folder;
  }
  throw new Error(`${import.meta.dirname} is in no working tree`);
}

export const root = findRoot();
export const inRepository = (...path: readonly string[]): string => join(root, ...path);
