// The root directory of a sandbox: put together at `staging`/root, then entered.
import type { Definition } from '../protocol/definition/definition.ts';
import { type Call, flags } from '../stage/program.ts';
import { MNT_DETACH, mountFlags } from '../sys/flags.ts';
import { bind, here, mkdir, mount, place, plain, restrict } from './mount-calls.ts';
import { rootSource, sourceName } from './sources.ts';

const rootAt = (staging: string): string => `${staging}/root`;

/**
 * A view of this machine's files, made as root of the host. Only so can overlayfs use the host's root
 * (in a user namespace its mounts are locked, EINVAL), and only so can root inside not undo it: what a
 * more privileged mount namespace mounted is locked in the sandbox's own.
 */
export function hostFiles({ root }: Definition, staging: string, disks: readonly string[]): Call[] {
  const at = rootAt(staging);
  return [
    mount(null, '/', null, flags(mountFlags, 'MS_REC', 'MS_PRIVATE'), null),
    mount('tmpfs', staging, 'tmpfs', plain, 'mode=755'),
    mkdir(at),
    ...(root === 'discard' ? [...discarding(staging, disks), ...covers(at)] : []),
    ...(root === 'readonly' ? [bind('/', at), restrict(['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NODEV'], here, at), ...covers(at)] : []),
  ];
}

/** What root inside finds when it unmounts the sandbox's own: not the host's processes, devices and sockets. */
const covers = (at: string): Call[] =>
  ['proc', 'sys', 'dev', 'run'].map(name => mount('tmpfs', `${at}/${name}`, 'tmpfs', plain, 'mode=755'));

const discarding = (staging: string, disks: readonly string[]): Call[] => [
  mkdir(`${staging}/upper`),
  mkdir(`${staging}/work`),
  ...['/', ...disks].flatMap((disk, index) => overlay(disk, index, staging)),
];

/** Reads go to `disk`, writes to memory. A disk besides the root may be of a kind that overlayfs refuses; then it is not there. */
function overlay(disk: string, index: number, staging: string): Call[] {
  const upper = `${staging}/upper/${index}`;
  const work = `${staging}/work/${index}`;
  const data = `lowerdir=${escaped(disk)},upperdir=${escaped(upper)},workdir=${escaped(work)}`;
  const at = disk === '/' ? rootAt(staging) : `${rootAt(staging)}${disk}`;
  return [mkdir(upper), mkdir(work), mount('overlay', at, 'overlay', flags(mountFlags, 'MS_NODEV'), data, index === 0 ? undefined : 'all')];
}

/** overlayfs splits its options at commas and its lower layers at colons. */
const escaped = (path: string): string => path.replace(/[\\,:]/g, '\\$&');

/** Makes `staging`/root a mount that pivot_root(2) takes, which a locked one is not, and enters it. The old root stays above. */
export function enterRoot({ root }: Definition, staging: string, sources: readonly Call[]): Call[] {
  const at = rootAt(staging);
  return [
    bind(typeof root === 'string' ? at : rootSource(staging), at),
    ...sources,
    { call: 'chdir', arguments: [at] },
    { call: 'pivot_root', arguments: ['.', '.'] },
  ];
}

/** Until then a new /proc or /sys is granted, because the host's are in sight. */
export const leaveOldRoot: readonly Call[] = [
  { call: 'umount2', arguments: ['.', { text: 'MNT_DETACH', value: MNT_DETACH }] },
  { call: 'chdir', arguments: ['/'] },
];

export const ownMounts = ({ mounts }: Definition): Call[] =>
  mounts.flatMap((each, index) => {
    if (each.type === 'tmpfs') {
      const size = each.sizeBytes === undefined ? '' : `,size=${each.sizeBytes}`;
      return [mount('tmpfs', each.path, 'tmpfs', plain, `mode=${each.mode}${size}`)];
    }
    return place(sourceName(index), each.path);
  });
