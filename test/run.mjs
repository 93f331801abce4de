// Runs the tests: node test/run.mjs [LAYER…], or node test/run.mjs bench [GROUP…] or vm [MACHINE…]. Without a layer: type check and lint, then
// all of them but electron, vm and bench.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies, installSystemPackages, installWorkbench, root } from './support/install.mjs';

const inCi = Boolean(process.env.CI) && process.env.CI !== 'false';
/** Where test/fixtures keep what they make: a folder of this run's own, that other users can enter. */
const fixtures = mkdtempSync(join(tmpdir(), 'burrow-fixtures-'));
chmodSync(fixtures, 0o755);
process.on('exit', () => rmSync(fixtures, { recursive: true, force: true }));
const environment = { FX_ROOT: fixtures, ...process.env, ...(inCi ? { BURROW_TESTS_MUST_RUN: '1' } : {}) };

/** Runs a program of this Node; true when it succeeded. */
const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: environment }).status === 0;
const tool = (name, ...args) => node(join(root, 'node_modules', name), ...args);

/** The compiled tests of the sources that are there now: out/ may still hold those of a file that was renamed. */
function compiled(folder, suffix) {
  const sources = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const tests = sources.filter(file => file.endsWith(`.${suffix}.ts`) && !file.includes('node_modules'));
  if (tests.length === 0) throw new Error(`${folder} holds no *.${suffix}.ts`);
  return tests.sort().map(file => join('out', folder, file.replace(/\.ts$/, '.js')));
}

/** @param {{ seconds: number, serial?: boolean }} bounds `seconds` is how long a test, and a file of tests, may take before it counts as hung */
const nodeTest = (files, { seconds, serial = false }) =>
  node('--test', '--test-reporter=spec', `--test-timeout=${seconds * 1000}`, ...(serial ? ['--test-concurrency=1'] : []), ...files);

const asRoot = process.getuid?.() === 0;
function needsRoot(layer) {
  if (asRoot) return false;
  console.log(`${layer}: skipped, it needs root; run: sudo npm run test:${layer}`);
  return true;
}

const build = () => node('extension/build.mjs');
const bundleHostSuite = () => node('test/host/bundle.mjs');

/** Each layer answers whether it passed. */
const layers = {
  lint: () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  unit: () => nodeTest(compiled('test/unit', 'test'), { seconds: 60 }),
  kernel: () => (needsRoot('kernel') ? !inCi : nodeTest(compiled('test/kernel', 'test'), { seconds: 600, serial: true })),
  package: () => node('extension/package.mjs'),
  host() {
    installWorkbench();
    return bundleHostSuite() && node('out/test/host/run-in-code-server.js');
  },
  e2e() {
    if (needsRoot('e2e')) return !inCi;
    installWorkbench();
    return nodeTest(compiled('test/e2e', 'e2e'), { seconds: 600, serial: true });
  },
  electron: () => bundleHostSuite() && node('out/test/host/run-in-desktop.js'),
  vm: (...names) => (needsRoot('vm') ? !inCi : node('out/test/vm/main.js', ...names)),
  bench(...groups) {
    // The contest in the editor is one of the very package that ships.
    if (groups.length === 0 || groups.includes('window')) {
      installWorkbench();
      if (!layers.package()) return false;
    }
    return node('out/test/bench/main.js', ...groups);
  },
};
const everything = ['lint', 'unit', 'kernel', 'package', 'host', 'e2e'];
/** What a layer runs on, when it is asked for alone. */
const requirements = { e2e: ['package'] };

function run(names, words = []) {
  const results = names.map(name => {
    console.log(`\n── ${name} ──`);
    const began = performance.now();
    const passed = layers[name](...words);
    return { name, passed, seconds: Math.round((performance.now() - began) / 1000) };
  });
  console.log('\n── layers ──');
  for (const { name, passed, seconds } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}  ${seconds} s`);
  return results.every(({ passed }) => passed);
}

function main(words) {
  // What follows `bench` are groups of contests, and what follows `vm` machines; neither are layers.
  const asked = words[0] === 'bench' || words[0] === 'vm' ? [words[0]] : words;
  const unknown = asked.find(name => !Object.hasOwn(layers, name));
  if (unknown) throw new Error(`${unknown} is no layer; the layers are ${Object.keys(layers).join(', ')}`);
  installDependencies();
  installSystemPackages(['build', 'workbench', 'tests']);
  if (!tool('typescript/bin/tsc', '-b') || !build()) return false;
  if (asked.length === 0) return run(everything);
  return run(
    asked.flatMap(name => [...(requirements[name] ?? []), name]),
    words.slice(asked.length),
  );
}

if (!existsSync('/proc/self/ns')) throw new Error('Burrow and its tests need Linux.');
process.exitCode = main(process.argv.slice(2)) ? 0 : 1;
