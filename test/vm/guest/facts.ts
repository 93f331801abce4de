// Prints what a machine is, as JSON: the facts that results depend on.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Facts } from '../result.ts';

/** How each engine is asked for its version. */
const engines: Readonly<Record<string, readonly [string, ...string[]]>> = {
  docker: ['docker', '--version'],
  podman: ['podman', '--version'],
  containerd: ['containerd', '--version'],
  runc: ['runc', '--version'],
  crun: ['crun', '--version'],
  lxc: ['lxc-start', '--version'],
  incus: ['incus', '--version'],
  bubblewrap: ['bwrap', '--version'],
};

function versionOf([program, ...words]: readonly [string, ...string[]]): string | undefined {
  try {
    const said = execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /\d+\.\d+(\.\d+)?/.exec(said)?.[0];
  } catch {
    return undefined;
  }
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
const cgroup2 = readFileSync('/proc/self/mounts', 'utf8')
  .split('\n')
  .find(line => line.split(' ')[2] === 'cgroup2')
  ?.split(' ')[3];

const facts: Facts = {
  distribution: /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1] ?? 'unknown',
  kernel: release(),
  systemd: existsSync('/run/systemd/system')
    ? (versionOf(['systemctl', '--version']) ?? /\d+/.exec(execFileSync('systemctl', ['--version'], { encoding: 'utf8' }))?.[0] ?? '')
    : '',
  lsm: read('/sys/kernel/security/lsm'),
  cgroup2: cgroup2 ?? '',
  engines: Object.fromEntries(
    Object.entries(engines).flatMap(([name, command]) => {
      const version = versionOf(command);
      return version === undefined ? [] : [[name, version]];
    }),
  ),
};
console.log(JSON.stringify(facts, null, 2));
