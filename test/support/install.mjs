// Brings in what the project needs, so that `npm start` and `npm test` work as the first command after a clone.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const modifiedAt = file => (existsSync(file) ? statSync(file).mtimeMs : 0);

export function installDependencies() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (modifiedAt(installed) >= modifiedAt(join(root, 'package-lock.json'))) return;
  console.log('Installing the packages that package-lock.json names');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
}

/** Commands that are run, by what for, and the Debian packages they are in. */
const commands = {
  build: { cc: 'gcc' },
  workbench: { 'g++': 'g++', make: 'make', python3: 'python3' },
  tests: {
    'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
    chromium: 'chromium',
    runc: 'runc',
    dockerd: 'docker.io',
    docker: 'docker.io',
    containerd: 'containerd',
    podman: 'podman',
    conmon: 'conmon',
    crun: 'crun',
    'lxc-start': 'lxc',
    'systemd-nspawn': 'systemd-container',
    bwrap: 'bubblewrap',
    newuidmap: 'uidmap',
    slirp4netns: 'slirp4netns',
    capsh: 'libcap2-bin',
    busybox: 'busybox-static',
    ip: 'iproute2',
    nsenter: 'util-linux',
    ping: 'iputils-ping',
    sudo: 'sudo',
    useradd: 'passwd',
    apparmor_parser: 'apparmor',
    fish: 'fish',
    zsh: 'zsh',
    xz: 'xz-utils',
    zstd: 'zstd',
  },
};

export function isInstalled(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some(folder => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const isRoot = () => process.getuid?.() === 0;

/**
 * Installs what is missing where that needs no question, and else says in one line what to do.
 * @param {readonly (keyof typeof commands)[]} uses
 */
export function installSystemPackages(uses) {
  const needed = uses.flatMap(use => Object.entries(commands[use]));
  const missing = [...new Set(needed.flatMap(([command, debian]) => (isInstalled(command) ? [] : [debian])))];
  if (missing.length === 0) return;
  if (!isRoot() || !isInstalled('apt-get')) {
    console.log(`Missing here: ${missing.join(', ')}. On Debian: sudo apt-get install ${missing.join(' ')}`);
    return;
  }
  console.log(`Installing ${missing.join(', ')}`);
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], options);
}

/** The workbench that the tests drive: code-server and the Node it needs. Nothing happens when it is there. */
export function installWorkbench() {
  execFileSync(join(root, 'test/e2e/host/install.sh'), { stdio: 'inherit' });
}
