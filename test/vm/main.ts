// The layer vm: real machines with systemd and cgroup v2, other kernels and another processor, each started in QEMU for its tests
// and gone afterwards: npm run test:vm [MACHINE…] [FILE…], with a FILE as kernel/entry/ or vm/story/helper. Needs root. Where there is no
// KVM a machine is emulated and takes an hour.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';
import { imageFor } from './image.ts';
import { type Machine, machines } from './machines.ts';
import { pack } from './pack.ts';
import { Facts, isRight, outcomeOf, Result } from './result.ts';
import { print, writeTable } from './table.ts';

const folder = process.env['BURROW_VM_IMAGES'] ?? inRepository('out/vm');

/** Names of files of tests below out/test, without what all of them end with. */
function filesIn(of: 'kernel' | 'vm/story', beginnings: readonly string[]): string[] {
  const all = readdirSync(inRepository('test', of), { recursive: true, encoding: 'utf8' });
  const tests = all.filter(file => file.endsWith('.test.ts') || file.endsWith('.story.ts'));
  return tests
    .filter(file => beginnings.some(each => file.startsWith(each)))
    .sort()
    .map(file => `${of}/${file.replace(/\.ts$/, '')}`);
}

function resultOf({ name, what, story }: Machine, from: string, storyFiles: readonly string[], kernelFiles: readonly string[]): Result {
  const outcome = (files: readonly string[]) =>
    outcomeOf(
      files.map(file => {
        const path = join(from, `${file.replaceAll('/', '_')}.jsonl`);
        return [file, existsSync(path) ? readFileSync(path, 'utf8') : undefined];
      }),
    );
  return Result.parse({
    machine: name,
    what,
    date: new Date().toISOString().slice(0, 10),
    facts: Facts.parse(JSON.parse(readFileSync(join(from, 'facts.json'), 'utf8'))),
    ...(story && { story: outcome(storyFiles) }),
    kernel: outcome(kernelFiles),
  });
}

/** Starts it, runs the tests that belong to it, and gives what they said. @param beginnings of the names of those that are wanted */
function test(machine: Machine, beginnings: readonly string[]): Result {
  const image = imageFor(machine.image, folder);
  const suite = pack(machine.arch, folder);
  const wanted = (file: string): boolean => beginnings.length === 0 || beginnings.some(each => file.startsWith(each));
  const storyFiles = (machine.story ? filesIn('vm/story', ['']) : []).filter(wanted);
  const kernelFiles = filesIn('kernel', machine.kernel).filter(wanted);
  const only = join(folder, 'only');
  writeFileSync(only, [...storyFiles, ...kernelFiles].map(file => `${file}\n`).join(''));
  const back = join(folder, `result-${machine.name}`);
  console.log(`${machine.name}: starting ${machine.what}; its console is ${join(back, 'console')}`);
  spawnSync(inRepository('test/vm/boot.sh'), [image, back, inRepository('test/vm/guest/run.sh'), suite, only], {
    env: { ...process.env, APPEND: machine.append, ARCH: machine.arch },
    stdio: 'inherit',
  });
  return resultOf(machine, back, storyFiles, kernelFiles);
}

/** The whole result of a machine stays in the repository, and all of them in the README. */
function keep(results: readonly Result[]): void {
  for (const result of results)
    writeFileSync(inRepository(`test/vm/results/${result.machine}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeTable();
}

const words = process.argv.slice(2);
const isFile = (word: string): boolean => /^(kernel|vm\/story)\//.test(word);
const [asked, files] = [words.filter(word => !isFile(word)), words.filter(isFile)];
const unknown = asked.find(name => !machines.some(each => each.name === name));
if (unknown !== undefined) throw new Error(`${unknown} is no machine; the machines are ${machines.map(({ name }) => name).join(', ')}`);

const results = machines.filter(({ name }) => asked.length === 0 || asked.includes(name)).map(machine => test(machine, files));
print(results);
if (files.length === 0) keep(results);
process.exitCode = results.every(isRight) ? 0 : 1;
