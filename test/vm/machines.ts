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
  /** The tests of test/vm/story, which need systemd and the engines as a distribution installs them. */
  readonly story: boolean;
  /** Files of test/kernel that run there, by the beginnings of their names. */
  readonly kernel: readonly string[];
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

const everything: readonly string[] = [''];
/** What rests on the kernel and the policy of the machine, and not on its distribution. */
const heart: readonly string[] = [
  'hello',
  'snapshot',
  'security',
  'confinement',
  'entry/joining',
  'entry/engines',
  'sandbox/life',
  'sandbox/root',
];

const native = { arch: 'x64', append: '', story: true } as const;

export const machines: readonly Machine[] = [
  { ...native, name: 'trixie', what: 'Debian 13', image: debian('trixie'), kernel: everything },
  { ...native, name: 'bookworm', what: 'Debian 12', image: debian('bookworm'), kernel: everything },
  { ...native, name: 'sid', what: 'Debian unstable', image: debian('sid'), kernel: everything },
  {
    ...native,
    name: 'lockdown',
    what: 'Debian 13, lockdown=integrity',
    image: debian('trixie'),
    append: 'lockdown=integrity',
    kernel: heart,
  },
  {
    ...native,
    name: 'selinux',
    what: 'Debian 13, SELinux permissive',
    image: debian('trixie', { SELINUX: '1' }, 'selinux'),
    append: 'security=selinux selinux=1 enforcing=0',
    kernel: heart,
  },
  {
    name: 'arm64',
    what: 'Debian 13 for arm64, without systemd',
    arch: 'arm64',
    image: arm64(),
    append: '',
    story: false,
    kernel: ['hello', 'snapshot', 'terminal.', 'entry/joining', 'sandbox/limits', 'confinement', 'network/links'],
  },
];
