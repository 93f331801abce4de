import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../../../support/repository.ts';

const sourceFolder = inRepository('test/kernel/support/makers');
const folder = inRepository('out/test/kernel/support/makers');

const sourcesOf = {
  keeper: ['keeper.c', 'acts.c'],
  storm: ['storm.c'],
  listns: ['listns.c'],
  calls: ['calls.c'],
  swapper: ['swapper.c'],
  churn: ['churn.c', 'acts.c'],
  tracer: ['tracer.c', 'spoil.c', 'acts.c'],
} as const;

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Builds one of the C programs beside this file where that has not been done, and gives its path. */
export function compiled(name: keyof typeof sourcesOf): string {
  const program = join(folder, name);
  const newest = Math.max(
    ...readdirSync(sourceFolder)
      .filter(file => /\.[ch]$/.test(file))
      .map(file => changedAt(join(sourceFolder, file))),
  );
  if (changedAt(program) > newest) return program;
  mkdirSync(folder, { recursive: true });
  const fresh = `${program}-${process.pid}`;
  const sources = sourcesOf[name].map(file => join(sourceFolder, file));
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1', '-pthread', '-o', fresh, ...sources]);
  renameSync(fresh, program);
  return program;
}
