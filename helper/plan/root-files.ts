// The root directory of a sandbox: put together at `staging`/root, then entered.
import type { Definition } from '../protocol/definition/definition.ts';
import type { Root } from '../protocol/definition/root.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { Front } from '../sandbox/disks.ts';
import { here } from '../stage/calls.ts';
import { bind, type Care, mkdir, mount, plain, restrict } from '../stage/mount-calls.ts';
import { type Argument, type Call, flags } from '../stage/program.ts';
import { MNT_DETACH, mountFlags, O_CLOEXEC, O_PATH } from '../sys/flags.ts';
import type { Facts } from './facts.ts';
import { rootSource } from './sources.ts';

const rootAt = (staging: string): string => `${staging}/root`;

/** The directory that holds the layers of a thrown-away root. */
export const STAGING = 'staging';

export const rootOf = ({ root }: Pick<Definition, 'root'>): Root => root ?? 'discard';

/** `discard`, `directory` …: what its files are, in a word. */
export function rootName(definition: Pick<Definition, 'root'>): string {
  const root = rootOf(definition);
  return typeof root === 'string' ? root : (Object.keys(root).find(key => key === 'directory' || key === 'archive') ?? 'image');
}

/** A file system that somebody else made, whose links are not to be trusted. */
export const careFor = (definition: Definition): Care => (typeof rootOf(definition) === 'string' ? 'none' : 'no links');

/** Who 0 inside is outside, or whoever is mapped first. */
export const outsideOf = (map: readonly IdMapping[]): number => (map.find(({ inside }) => inside === 0) ?? map[0])?.outside ?? 0;

/**
 * A view of this machine's files, made as root of the host. Only so can overlayfs use the host's root
 * (in a user namespace its mounts are locked, EINVAL), and only so can root inside not undo it: what a
 * more privileged mount namespace mounted is locked in the sandbox's own.
 */
export function hostFiles(definition: Definition, facts: Facts): Call[] {
  const { staging } = facts;
  const root = rootOf(definition);
  return [
    mount(null, '/', null, flags(mountFlags, 'MS_REC', 'MS_PRIVATE'), null),
    mount('tmpfs', staging, 'tmpfs', plain, 'mode=755'),
    mkdir(rootAt(staging)),
    ...(typeof root === 'string' ? views[root](rootAt(staging), facts) : []),
  ];
}

const views: Readonly<Record<Extract<Root, string>, (at: string, facts: Facts) => Call[]>> = {
  discard: (at, { staging, disks, fronts }) => [
    { call: 'openat', arguments: [here, staging, { text: 'O_PATH|O_CLOEXEC', value: O_PATH | O_CLOEXEC }, 0], as: STAGING },
    mkdir(`${staging}/upper`),
    mkdir(`${staging}/work`),
    ...['/', ...disks].flatMap((disk, index) => overlay(disk, index, staging, fronts.get(disk))),
    ...covers(at),
  ],
  readonly: (at, { staging, disks }) => [
    mkdir(nothingAt(staging)),
    ...['/', ...disks].map((disk, index) => still(disk, index, staging)),
    restrict(['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NODEV'], here, at),
    ...covers(at),
  ],
  host: at => [bind('/', at)],
  empty: (at, { uids, gids }) => [
    mount('tmpfs', at, 'tmpfs', plain, `mode=755,uid=${outsideOf(uids)},gid=${outsideOf(gids)}`),
    ...own.map(name => mkdir(`${at}/${name}`)),
  ],
};

/** Where every sandbox mounts something of its own. */
const own = ['proc', 'sys', 'dev', 'run'] as const;

/** What root inside finds when it unmounts the sandbox's own: not the host's processes, devices and sockets. */
const covers = (at: string): Call[] => own.map(name => mount('tmpfs', `${at}/${name}`, 'tmpfs', plain, 'mode=755'));

/** Reads go to `disk`, writes to memory. A disk besides the root may be of a kind that overlayfs refuses; then it is not there. */
function overlay(disk: string, index: number, staging: string, front: Front | undefined): Call[] {
  const upper = `${staging}/upper/${index}`;
  const work = `${staging}/work/${index}`;
  const data = `lowerdir=${escaped(disk)},upperdir=${escaped(upper)},workdir=${escaped(work)},redirect_dir=off,metacopy=off`;
  const at = disk === '/' ? rootAt(staging) : `${rootAt(staging)}${disk}`;
  return [
    mkdir(upper),
    ...(front ? faceOf(upper, front) : []),
    mkdir(work),
    mount('overlay', at, 'overlay', flags(mountFlags, 'MS_NODEV'), data, index === 0 ? undefined : 'all'),
  ];
}

const nothingAt = (staging: string): string => `${staging}/nothing`;

/**
 * An overlay that nothing is written to, over an empty directory, as it takes two to make one. On a read-only bind mount the sockets and FIFOs
 * of this machine would still lead to whoever serves them; those of an overlay are others, which nobody serves.
 */
const still = (disk: string, index: number, staging: string): Call =>
  mount(
    'overlay',
    disk === '/' ? rootAt(staging) : `${rootAt(staging)}${disk}`,
    'overlay',
    flags(mountFlags, 'MS_RDONLY', 'MS_NODEV'),
    `lowerdir=${escaped(disk)}:${escaped(nothingAt(staging))}`,
    index === 0 ? undefined : 'all',
  );

/** Of a directory that is on top overlayfs asks only the upper one who may enter: a disk that is shut to others would be open. */
const faceOf = (path: string, { mode, uid, gid }: Front): Call[] => [
  { call: 'fchownat', arguments: [here, path, uid, gid, 0] },
  { call: 'fchmodat', arguments: [here, path, { text: `0${mode.toString(8)}`, value: mode }] },
];

/** overlayfs splits its options at commas and its lower layers at colons. */
export const escaped = (path: string): string => path.replace(/[\\,:]/g, '\\$&');

/** Makes `staging`/root a mount that pivot_root(2) takes, which a locked one is not, and enters it. The old root stays above. */
export function enterRoot(definition: Definition, staging: string, sources: readonly Call[]): Call[] {
  const at = rootAt(staging);
  return [
    bind(typeof rootOf(definition) === 'string' ? at : rootSource(staging), at),
    ...sources,
    { call: 'chdir', arguments: [at] },
    { call: 'pivot_root', arguments: ['.', '.'] },
  ];
}

const detach: Argument = { text: 'MNT_DETACH', value: MNT_DETACH };

/**
 * Until then a new /proc or /sys is granted, because the host's are in sight; and until then /.. is the host's root, to which
 * a link like ../../etc in what the sandbox's files are made of would lead. So it comes before any path of the definition.
 */
export const leaveOldRoot: readonly Call[] = [
  { call: 'umount2', arguments: ['.', detach] },
  { call: 'chdir', arguments: ['/'] },
];
