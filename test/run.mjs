// Runs the tests: node test/run.mjs [--no-install] [LAYER [FILE…]]…, bench [GROUP…], or vm [MACHINE…] [FILE…]. Without a layer: all
// of them but electron, bench and vm.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { named, readWords, UsageError } from './support/asked.mjs';
import { installDependencies, installWorkbench, isRoot, lack, provideFor, root, searchPath } from './support/install.mjs';

const inCi = Boolean(process.env.CI) && process.env.CI !== 'false';
/** Where test/fixtures keep what they make: a folder of this run's own, that other users can enter. */
const fixtures = mkdtempSync(join(tmpdir(), 'burrow-fixtures-'));
chmodSync(fixtures, 0o755);
process.on('exit', () => rmSync(fixtures, { recursive: true, force: true }));
const environment = { FX_ROOT: fixtures, ...process.env, PATH: searchPath, ...(inCi ? { BURROW_TESTS_MUST_RUN: '1' } : {}) };

/** Runs a program of this Node; true when it succeeded. */
const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: environment }).status === 0;
const tool = (name, ...args) => node(join(root, 'node_modules', name), ...args);

/** The compiled tests of the sources that are there now: out/ may still hold those of a file that was renamed. */
function compiled(folder, suffix, words) {
  const sources = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const tests = sources.filter(file => file.endsWith(`.${suffix}.ts`) && !file.includes('node_modules'));
  if (tests.length === 0) throw new Error(`${folder} holds no *.${suffix}.ts`);
  const files = tests.sort().map(file => join(folder, file));
  return named(files, words).map(file => join('out', file.replace(/\.ts$/, '.js')));
}

/** @param {{ seconds: number, atOnce?: number }} bounds `seconds` is how long a test, and a file of tests, may take before it counts as hung */
const nodeTest = (files, { seconds, atOnce = 1 }) =>
  node('--test', '--test-reporter=spec', `--test-timeout=${seconds * 1000}`, `--test-concurrency=${atOnce}`, ...files);

const build = () => node('extension/build.mjs');
const bundleHostSuite = () => node('test/host/bundle.mjs');
const makePackages = () => node('extension/package.mjs');

/** Each layer: what words after it are, whether it needs root, what it runs after, and how it is run, which answers whether it passed. */
const layers = {
  lint: { run: () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.') },
  unit: { takes: 'files', run: words => nodeTest(compiled('test/unit', 'test', words), { seconds: 60, atOnce: availableParallelism() }) },
  kernel: {
    takes: 'files',
    needsRoot: true,
    run: words => nodeTest(compiled('test/kernel', 'test', words), { seconds: 600 }),
  },
  package: { run: () => makePackages() && nodeTest(compiled('test/package', 'test', []), { seconds: 60 }) },
  host: {
    run() {
      installWorkbench();
      return bundleHostSuite() && node('out/test/host/run-in-code-server.js');
    },
  },
  e2e: {
    takes: 'files',
    needsRoot: true,
    after: ['package'],
    run(words) {
      installWorkbench();
      return nodeTest(compiled('test/e2e', 'e2e', words), { seconds: 600 });
    },
  },
  electron: { run: () => bundleHostSuite() && node('out/test/host/run-in-desktop.js') },
  vm: {
    takes: 'machines and files',
    needsRoot: true,
    run(words) {
      // One machine has the editor in it, with the very package that ships.
      if (words.length === 0 || words.includes('desk')) {
        installWorkbench();
        if (!makePackages()) return false;
      }
      return node('out/test/vm/main.js', ...words);
    },
  },
  bench: {
    takes: 'groups',
    run(groups) {
      // The contest in the editor is one of the very package that ships.
      if (groups.length === 0 || groups.includes('window')) {
        installWorkbench();
        if (!makePackages()) return false;
      }
      return node('out/test/bench/main.js', ...groups);
    },
  },
};
const everything = ['lint', 'unit', 'kernel', 'package', 'host', 'e2e'];
/** They take a machine as it is, and have it changed by nothing: what a stranger runs first. */
const installNothing = ['lint', 'unit'];

/** Why a layer cannot run here; nothing when it can. What is named runs with what there is. */
function hindrance({ layer, words }, missing) {
  if (layers[layer].needsRoot && !isRoot) return `It needs root: sudo npm run test:${layer}`;
  const lacks = lack(missing, layer);
  if (lacks !== undefined && words.length > 0) console.log(lacks);
  return words.length > 0 ? undefined : lacks;
}

/** @param mayBeSkipped whether a layer that cannot run here is passed over; else it has failed */
function run(asked, missing, mayBeSkipped) {
  const results = asked.map(each => {
    console.log(`\n── ${each.layer} ──`);
    const began = performance.now();
    const why = hindrance(each, missing);
    if (why !== undefined) {
      console.log(`Not run. ${why}`);
      return { ...each, outcome: mayBeSkipped ? 'skipped' : 'FAILED', end: 'was not run' };
    }
    const passed = layers[each.layer].run(each.words);
    return { ...each, outcome: passed ? 'passed' : 'FAILED', end: `${Math.round((performance.now() - began) / 1000)} s` };
  });
  console.log('\n── layers ──');
  for (const { layer, words, outcome, end } of results) console.log(`${outcome}  ${[layer, ...words].join(' ')}  ${end}`);
  return results.every(({ outcome }) => outcome !== 'FAILED');
}

/** What is run for what was asked: all layers for nothing, and before each layer those that it runs after. */
function runsFor(asked) {
  const whole = layer => ({ layer, words: [] });
  if (asked.length === 0) return everything.map(whole);
  return asked.flatMap(each => [...(layers[each.layer].after ?? []).map(whole), each]);
}

function main(given) {
  const { asked, mayInstall } = readWords(given, layers);
  const wanted = runsFor(asked);
  installDependencies();
  const users = ['build', ...wanted.map(({ layer }) => layer).filter(layer => isRoot || !layers[layer].needsRoot)];
  const missing = provideFor(users, { mayInstall: mayInstall && !wanted.every(({ layer }) => installNothing.includes(layer)) });
  const unbuilt = lack(missing, 'build');
  if (unbuilt !== undefined) console.log(`Burrow cannot be built. ${unbuilt}`);
  if (unbuilt !== undefined || !tool('typescript/bin/tsc', '-b') || !build()) return false;
  return run(wanted, missing, asked.length === 0 && !inCi);
}

if (!existsSync('/proc/self/ns')) throw new Error('Burrow and its tests need Linux.');
try {
  process.exitCode = main(process.argv.slice(2)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
