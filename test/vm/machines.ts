// The machines that the layer knows: each an image, and a way to start it.

export interface Image {
  readonly name: string;
  /** Of test/vm/image. */
  readonly maker: 'debian.sh' | 'arm64.sh';
  /** What the maker is told besides its name: see its head. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly name: string;
  readonly what: string;
  readonly arch: 'x64' | 'arm64';
  readonly image: Image;
  /** More words for the kernel's command line. */
  readonly append: string;
  /** The beginnings of the names of the files of tests that run there, below test/. */
  readonly tests: readonly string[];
  /** The tests see the workbench: the editor's server and the package go along. */
  readonly hasWorkbench?: true;
}

const debian = (suite: string, settings: Readonly<Record<string, string>> = {}, name = suite): Image => ({
  name,
  maker: 'debian.sh',
  settings: { SUITE: suite, ...settings },
});

/** Its initramfs would be made by scripts of the guest: nothing of that runs here. */
const arm64 = (pages?: string): Image => ({
  name: pages ? `arm64-${pages}` : 'arm64',
  maker: 'arm64.sh',
  settings: { SUITE: 'trixie', ...(pages && { PAGES: pages }) },
});

/** All of the kernel layer: hours, where the machine is emulated. */
const everything: readonly string[] = ['kernel/'];
/**
 * What a person does, with systemd and the engines as a distribution installs them, and of the kernel layer what rests on the
 * kernel and the policy of the machine.
 */
const heart: readonly string[] = [
  'vm/story/',
  'kernel/hello',
  'kernel/snapshot',
  'kernel/cgroup',
  'kernel/entry/joining',
  'kernel/sandbox/limits',
];

const native = { arch: 'x64', append: '' } as const;

export const machines: readonly Machine[] = [
  { ...native, name: 'trixie', what: 'Debian 13', image: debian('trixie'), tests: heart },
  { ...native, name: 'bookworm', what: 'Debian 12', image: debian('bookworm'), tests: heart },
  { ...native, name: 'sid', what: 'Debian unstable', image: debian('sid'), tests: heart },
  { ...native, name: 'whole', what: 'Debian 13, all of the kernel layer', image: debian('trixie'), tests: everything },
  {
    ...native,
    name: 'lockdown',
    what: 'Debian 13, lockdown=integrity',
    image: debian('trixie'),
    append: 'lockdown=integrity',
    tests: heart,
  },
  {
    ...native,
    name: 'selinux',
    what: 'Debian 13, SELinux permissive',
    image: debian('trixie', { SELINUX: '1' }, 'selinux'),
    append: 'security=selinux selinux=1 enforcing=0',
    tests: heart,
  },
  {
    name: 'arm64',
    what: 'Debian 13 for arm64, without systemd',
    arch: 'arm64',
    image: arm64(),
    append: '',
    tests: ['hello', 'snapshot', 'terminal.', 'entry/joining', 'sandbox/limits', 'confinement', 'network/links'].map(
      each => `kernel/${each}`,
    ),
  },
  {
    ...native,
    name: 'desk',
    what: 'Debian 13 with the editor',
    image: debian('trixie', { PACKAGES: 'chromium' }, 'desk'),
    tests: ['vm/desk/'],
    hasWorkbench: true,
  },
];
