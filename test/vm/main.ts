// The layer vm: real machines with systemd and cgroup v2, other kernels and another processor, each started in QEMU for its tests
// and gone afterwards: npm run test:vm [MACHINE…] [FILE…], with a FILE as kernel/entry/ or vm/story/helper. Needs root. Where there is no
// KVM a machine is emulated and takes an hour.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';
import { imageFor } from './image.ts';
import { type Machine, machines } from './machines.ts';
import { pack } from './pack.ts';
import { Facts, isRight, outcomeOf, Result } from './result.ts';
import { print, folder as resultsFolder, writeTable } from './table.ts';

const folder = process.env['BURROW_VM_IMAGES'] ?? inRepository('out/vm');

const suffix = /\.(test|story)\.ts$/;

/** The files of tests of a machine by their names below test/, those of vm first: they tell the most in the least time. */
function filesOf({ tests }: Machine, wanted: readonly string[]): string[] {
  const begins = (file: string, beginnings: readonly string[]): boolean => beginnings.some(each => file.startsWith(each));
  return (['vm', 'kernel'] as const)
    .flatMap(folder =>
      readdirSync(inRepository('test', folder), { recursive: true, encoding: 'utf8' })
        .map(file => `${folder}/${file}`)
        .sort(),
    )
    .filter(file => suffix.test(file) && begins(file, tests) && (wanted.length === 0 || begins(file, wanted)))
    .map(file => file.replace(/\.ts$/, ''));
}

function resultOf({ name, what }: Machine, from: string, files: readonly string[]): Result {
  const written = files.map(file => {
    const path = join(from, `${file.replaceAll('/', '_')}.jsonl`);
    return [file, existsSync(path) ? readFileSync(path, 'utf8') : undefined] as const;
  });
  const outcome = (folder: string) => {
    const own = written.filter(([file]) => file.startsWith(folder));
    return own.length > 0 ? outcomeOf(own) : undefined;
  };
  return Result.parse({
    machine: name,
    what,
    date: new Date().toISOString().slice(0, 10),
    facts: Facts.parse(JSON.parse(readFileSync(join(from, 'facts.json'), 'utf8'))),
    story: outcome('vm/'),
    kernel: outcome('kernel/'),
  });
}

/**
 * Starts it, runs the tests that belong to it, and gives what they said.
 * @param wanted the beginnings of the names of those that are asked for
 * @returns `whole`: did the machine live until it had tried all of them?
 */
function test(machine: Machine, wanted: readonly string[]): { readonly whole: boolean; readonly result: Result } {
  const image = imageFor(machine.image, folder);
  const suite = pack(machine, folder);
  const files = filesOf(machine, wanted);
  const only = join(folder, 'only');
  writeFileSync(only, files.map(file => `${file}\n`).join(''));
  const back = join(folder, `result-${machine.name}`);
  console.log(`${machine.name}: starting ${machine.what} for ${files.length} files of tests; its console is ${join(back, 'console')}`);
  const { status } = spawnSync(inRepository('test/vm/boot.sh'), [image, back, inRepository('test/vm/guest/run.sh'), suite, only], {
    env: { ...process.env, APPEND: machine.append, ARCH: machine.arch },
    stdio: 'inherit',
  });
  return { whole: status === 0, result: resultOf(machine, back, files) };
}

/** The whole result of a machine stays in the repository, and all of them in the README. */
function keep(results: readonly Result[]): void {
  mkdirSync(resultsFolder, { recursive: true });
  for (const result of results) writeFileSync(join(resultsFolder, `${result.machine}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeTable();
}

const words = process.argv.slice(2);
const isFile = (word: string): boolean => /^(kernel|vm)\//.test(word);
const [asked, files] = [words.filter(word => !isFile(word)), words.filter(isFile)];
const unknown = asked.find(name => !machines.some(each => each.name === name));
if (unknown !== undefined) throw new Error(`${unknown} is no machine; the machines are ${machines.map(({ name }) => name).join(', ')}`);

const tried = machines.filter(({ name }) => asked.length === 0 || asked.includes(name)).map(machine => test(machine, files));
print(tried.map(({ result }) => result));
if (files.length === 0) keep(tried.flatMap(({ whole, result }) => (whole ? [result] : [])));
process.exitCode = tried.every(({ whole, result }) => whole && isRight(result)) ? 0 : 1;
