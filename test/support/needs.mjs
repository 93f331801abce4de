// What the build, `npm start` and each layer of the tests need of a machine, as facts that are tried, each with the Debian
// packages that bring it. Node, npm and what every Debian has (Priority: required) are taken for granted.

/** @typedef {'build' | 'start' | 'kernel' | 'package' | 'host' | 'e2e' | 'bench' | 'vm'} User */

/**
 * @typedef {object} Need
 * @property {string} fact what has to be true, as it is named where it is not
 * @property {readonly string[]} command it is true when this program, with these words, ends with 0
 * @property {string} [input] what the program reads
 * @property {string} debian names of packages, with a comma between them and `|` between alternatives, as in debian/control
 * @property {readonly User[]} users
 */

/**
 * A program that runs: that there is a file of its name says nothing of the libraries that it wants.
 * @param {string} program
 * @param {string[]} words
 */
const runs = (program, ...words) => ({ fact: program, command: [program, ...(words.length > 0 ? words : ['--version'])] });

/**
 * Headers that a compiler finds.
 * @param {string} compiler
 * @param {'c' | 'c++'} language
 * @param {string[]} headers
 */
const compiles = (compiler, language, ...headers) => ({
  fact: `${compiler} with <${headers.join('>, <')}>`,
  command: [compiler, '-fsyntax-only', '-x', language, '-'],
  input: headers.map(header => `#include <${header}>\n`).join(''),
});

/**
 * A fact that takes more than one program to try.
 * @param {string} fact
 * @param {string} script
 */
const holds = (fact, script) => ({ fact, command: ['sh', '-c', script] });

/** It is all that there is in the containers of test/fixtures. */
const staticBusybox = holds(
  'a static busybox',
  'd=$(mktemp -d) && cp "$(command -v busybox)" "$d/busybox" && chroot "$d" /busybox true; s=$?; rm -r "$d"; exit $s',
);

/** The packages for both architectures are made on either. Each compiler but recommends its headers. */
const otherCompiler = {
  x64: { compiler: 'aarch64-linux-gnu-gcc', debian: 'gcc-aarch64-linux-gnu, linux-libc-dev-arm64-cross' },
  arm64: { compiler: 'x86_64-linux-gnu-gcc', debian: 'gcc-x86-64-linux-gnu, linux-libc-dev-amd64-cross' },
};

/**
 * The table for a machine of one architecture.
 * @param {'x64' | 'arm64'} architecture
 * @returns {readonly Need[]}
 */
export function needsOn(architecture) {
  const other = otherCompiler[architecture];
  // biome-ignore format: a table
  return [
    { ...compiles('cc', 'c', 'stdio.h', 'asm/unistd.h'), debian: 'gcc, libc6-dev', users: ['build'] },
    { ...compiles(other.compiler, 'c', 'asm/unistd.h'), debian: other.debian, users: ['package', 'bench', 'vm'] },
    // What the native modules of the workbench are built with, and what it is seen in.
    { ...compiles('g++', 'c++', 'string'), debian: 'g++', users: ['start', 'host', 'e2e', 'bench', 'vm'] },
    { ...runs('make'), debian: 'make', users: ['start', 'host', 'e2e', 'bench', 'vm'] },
    { ...runs('python3'), debian: 'python3', users: ['start', 'host', 'e2e', 'bench', 'vm'] },
    { ...runs('chromium'), debian: 'chromium', users: ['host', 'e2e', 'bench'] },
    // Containers.
    { ...staticBusybox, debian: 'busybox-static', users: ['kernel', 'e2e', 'bench'] },
    { ...runs('runc'), debian: 'runc', users: ['kernel', 'e2e', 'bench'] },
    { ...runs('dockerd'), debian: 'docker.io', users: ['kernel', 'bench'] },
    { ...runs('docker'), debian: 'docker-cli | docker.io', users: ['kernel', 'bench'] },
    { ...runs('containerd'), debian: 'containerd', users: ['kernel', 'bench'] },
    { ...runs('ctr'), debian: 'containerd', users: ['kernel'] },
    { ...runs('bwrap'), debian: 'bubblewrap', users: ['kernel', 'bench'] },
    { ...runs('crun'), debian: 'crun', users: ['kernel'] },
    { ...runs('podman'), debian: 'podman', users: ['kernel'] },
    { ...runs('conmon'), debian: 'conmon', users: ['kernel'] },
    { ...runs('slirp4netns'), debian: 'slirp4netns', users: ['kernel'] },
    { ...holds('newuidmap', 'newuidmap 2>&1 | grep -qi usage'), debian: 'uidmap', users: ['kernel'] },
    { ...runs('lxc-start'), debian: 'lxc', users: ['kernel'] },
    { ...runs('lxc-info'), debian: 'lxc', users: ['kernel'] },
    { ...runs('systemd-nspawn'), debian: 'systemd-container', users: ['kernel'] },
    // What the tests look with, and what they do as a person would.
    { ...runs('ip', '-V'), debian: 'iproute2', users: ['kernel', 'e2e', 'bench'] },
    { ...runs('ping', '-V'), debian: 'iputils-ping', users: ['kernel', 'e2e'] },
    { ...runs('ps'), debian: 'procps', users: ['kernel'] },
    { ...runs('mkfs.ext4', '-V'), debian: 'e2fsprogs', users: ['kernel', 'vm'] },
    { ...runs('capsh', '--print'), debian: 'libcap2-bin', users: ['kernel'] },
    { ...runs('apparmor_parser'), debian: 'apparmor', users: ['kernel'] },
    { ...runs('aa-exec', '--help'), debian: 'apparmor', users: ['kernel'] },
    { ...runs('fish'), debian: 'fish', users: ['kernel'] },
    { ...runs('zsh'), debian: 'zsh', users: ['kernel'] },
    { ...runs('xz'), debian: 'xz-utils', users: ['kernel', 'vm'] },
    { ...runs('zstd'), debian: 'zstd', users: ['kernel', 'vm'] },
    { ...runs('sudo'), debian: 'sudo', users: ['e2e'] },
    { ...runs('useradd', '--help'), debian: 'passwd', users: ['e2e'] },
    // Machines.
    { ...runs('mmdebstrap'), debian: 'mmdebstrap', users: ['vm'] },
    { ...runs('cpio'), debian: 'cpio', users: ['vm'] },
    { ...runs('depmod'), debian: 'kmod', users: ['vm'] },
    { ...runs('qemu-system-x86_64'), debian: 'qemu-system-x86', users: ['vm'] },
    { ...runs('qemu-system-aarch64'), debian: 'qemu-system-arm', users: ['vm'] },
  ];
}

/**
 * The packages that bring all of these, each once.
 * @param {readonly Need[]} needs
 */
export const packagesOf = needs => [...new Set(needs.flatMap(({ debian }) => debian.split(', ')))];

/**
 * What will be installed, and what for: those that the same users need together.
 * @param {readonly Need[]} needs
 * @param {readonly User[]} users those of this run
 */
export function announcement(needs, users) {
  /** @type {Map<string, string[]>} */
  const packages = new Map();
  for (const name of packagesOf(needs)) {
    const wanting = needs.filter(need => packagesOf([need]).includes(name)).flatMap(need => need.users);
    const whom = users.filter(user => wanting.includes(user)).join(', ');
    packages.set(whom, [...(packages.get(whom) ?? []), name]);
  }
  return `Installing ${[...packages].map(([whom, names]) => `${names.join(', ')} (for ${whom})`).join('; ')}`;
}

/**
 * What one user lacks, and the one command that brings it.
 * @param {readonly Need[]} needs not empty
 * @param {string} asRoot how a command is begun that needs root: 'sudo ' or nothing
 */
export function advice(needs, asRoot) {
  const packages = packagesOf(needs);
  const command = `${asRoot}apt-get satisfy --no-install-recommends '${packages.join(', ')}'`;
  return `This machine lacks ${needs.map(({ fact }) => fact).join(', ')}. On Debian: ${command}`;
}
