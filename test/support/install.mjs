// Brings in what the project needs, so that `npm start` and `npm test` work as the first command after a clone.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { advice, announcement, needsOn, packagesOf } from './needs.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const isRoot = process.getuid?.() === 0;

/** Root's own programs are not on everybody's path. The tests run with the same one that facts are tried with. */
export const searchPath = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);

const modifiedAt = file => (existsSync(file) ? statSync(file).mtimeMs : 0);

export function installDependencies() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (modifiedAt(installed) >= modifiedAt(join(root, 'package-lock.json'))) return;
  console.log('Installing the packages that package-lock.json names');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
}

export function isInstalled(command) {
  return searchPath.split(delimiter).some(folder => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A program that says its version within this time runs. */
const TRIAL_MS = 30_000;

function holds({ command: [program, ...words], input = '' }) {
  const environment = { ...process.env, PATH: searchPath, LC_ALL: 'C' };
  return spawnSync(program, words, { input, stdio: ['pipe', 'ignore', 'ignore'], env: environment, timeout: TRIAL_MS }).status === 0;
}

/** The versions of packages as they are installed now, without those that another one stands for. */
function versionsOf(packages) {
  const names = packages.flatMap(relation => relation.split(' | '));
  const { stdout } = spawnSync('dpkg-query', ['--show', ...names], { encoding: 'utf8' });
  const lines = stdout.split('\n').map(line => line.split('\t'));
  return lines.flatMap(([name, version]) => (version ? [`${name} ${version}`] : [])).join(', ');
}

function install(needs, users) {
  console.log(announcement(needs, users));
  const packages = packagesOf(needs);
  const script = join(root, 'test/support/apt-install.sh');
  const { status, stdout, stderr } = spawnSync(script, [packages.join(', ')], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  console.log(status === 0 ? `Installed ${versionsOf(packages)}` : `${stdout}${stderr}This could not be installed`);
}

/**
 * Tries what the users need, and installs what is missing where that needs no question: as root, on Debian.
 * @param {readonly string[]} users
 * @param {{ mayInstall: boolean }} options
 * @returns what is missing still
 */
export function provideFor(users, { mayInstall }) {
  const missing = needsOn(process.arch).filter(need => need.users.some(user => users.includes(user)) && !holds(need));
  if (missing.length === 0 || !mayInstall || !isRoot || !isInstalled('apt-get')) return missing;
  install(missing, users);
  return missing.filter(need => !holds(need));
}

/** What this user lacks among what is missing, as a sentence; nothing when that is nothing. */
export function lack(missing, user) {
  const needs = missing.filter(need => need.users.includes(user));
  return needs.length > 0 ? advice(needs, isRoot ? '' : 'sudo ') : undefined;
}

/** The workbench that the tests drive: code-server and the Node it needs. Nothing happens when it is there. */
export function installWorkbench() {
  execFileSync(join(root, 'test/e2e/host/install.sh'), { stdio: 'inherit' });
}
