// The results as tables: one for the person at the terminal, and one in the README of what was tried.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';
import { machines } from './machines.ts';
import { type Outcome, Result } from './result.ts';

const readme = inRepository('README.md');
/** A file for each machine. */
export const folder = inRepository('test/vm/results');
const [BEGIN, END] = ['<!-- what was tried: written by npm run test:vm -->', '<!-- end of what was tried -->'];

const counts = (outcome: Outcome | undefined): string => {
  if (!outcome) return '';
  const { passed, failed, skipped, unfinished } = outcome;
  const all = passed + failed.length + unfinished.length;
  return `${passed} of ${all}${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
};

/** The last result of each machine, in the order of the table of machines. */
export function lastResults(): Result[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const results = files.map(file => Result.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
  const place = ({ machine }: Result): number => machines.findIndex(({ name }) => name === machine);
  return results.sort((a, b) => place(a) - place(b));
}

const enginesOf = ({ facts: { engines } }: Result): string =>
  Object.entries(engines)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

export function markdown(results: readonly Result[]): string {
  if (results.length === 0) return 'No machine has been through all of its tests with this version yet.';
  const rows = results.map(result => {
    const { what, facts, story, kernel } = result;
    return `| ${[what, facts.kernel, facts.systemd, enginesOf(result), counts(story), counts(kernel)].join(' | ')} |`;
  });
  return ['| machine | Linux | systemd | engines | story | kernel layer |', '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** Where the table is in the README: before, the table itself, after. */
function parts(): readonly [string, string, string] {
  const text = readFileSync(readme, 'utf8');
  const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (from < BEGIN.length || to < from) throw new Error(`README.md has no place for the table: ${BEGIN}`);
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}

/** The table that the README has now. */
export const tableOf = (): string => parts()[1].trim();

/** Puts the table of all last results into the README. */
export function writeTable(): void {
  const [before, , after] = parts();
  writeFileSync(readme, `${before}\n${markdown(lastResults())}\n${after}`);
}

export function print(results: readonly Result[]): void {
  for (const { machine, facts, story, kernel } of results) {
    console.log(`\n${machine}: ${facts.distribution}, Linux ${facts.kernel}, systemd ${facts.systemd || 'none'}`);
    console.log(`  story ${counts(story) || 'none'}; kernel layer ${counts(kernel)}`);
    for (const outcome of [story, kernel]) {
      for (const { test, why } of outcome?.failed ?? []) console.log(`  FAILED   ${test}: ${why}`);
      for (const file of outcome?.unfinished ?? []) console.log(`  NO END   ${file}`);
      for (const { test, why } of outcome?.skipped ?? []) console.log(`  skipped  ${test}: ${why}`);
    }
  }
}
