// The root directory and the mounts of a process, as paths of this machine where it has them.
import { closeSync, fstatSync, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import type { DefinitionInput } from '../protocol/definition/definition.ts';
import { O_PATH } from '../sys/flags.ts';
import { openInRoot } from '../sys/in-root.ts';
import { processText } from '../sys/process-files.ts';
import { type MountLine, parseMountInfo } from '../sys/procfs.ts';
import { type Part, part, type Seen } from './likeness.ts';

type Mount = NonNullable<DefinitionInput['mounts']>[number];

const isSame = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one !== undefined && one.dev === other?.dev && one.ino === other.ino;

const optionsOf = ({ options }: MountLine): string[] => options.split(',');
const isReadonly = (mount: MountLine): boolean => optionsOf(mount).includes('ro');
const mountsOf = (pid: number | 'self'): MountLine[] => parseMountInfo(processText(pid, 'mountinfo'));

/** Of the mounts at one path the last lies above the others. */
const uppermost = (mounts: readonly MountLine[]): MountLine[] => [...new Map(mounts.map(mount => [mount.path, mount])).values()];

const isHostRoot = ({ root }: Seen): boolean => isSame(fstatSync(root), statSync('/'));

/** A sandbox of Burrow's own whose writes vanish. */
const isDiscarding = (mount: MountLine | undefined): boolean => mount?.fileSystem === 'overlay' && optionsOf(mount).includes('lowerdir=/');

export function rootLike(seen: Seen): Part {
  if (!seen.own.has('mnt')) return isHostRoot(seen) ? part({}) : changedRoot(seen);
  const mount = uppermost(mountsOf(seen.pid)).find(({ path }) => path === '/');
  if (isDiscarding(mount)) return part({ root: 'discard' });
  if (isHostRoot(seen)) {
    if (mount && isReadonly(mount)) return part({ root: 'readonly' });
    return part(
      { root: 'discard' },
      'Its files are this machine’s. What the sandbox writes to them vanishes; with "root": "host" it would change them.',
    );
  }
  const directory = mount && pathHere(mount, fstatSync(seen.root), mountsOf('self'));
  if (!mount || directory === undefined)
    return part(
      {},
      `Its root file system${mount ? ` (${mount.fileSystem})` : ''} has no path on this machine: the sandbox gets this machine’s files.`,
    );
  return asDirectory(directory, isReadonly(mount));
}

/** Without a mount namespace of its own, but after chroot(2): to be like it, the sandbox must have one. */
function changedRoot({ pid, own, root }: Seen): Part {
  const directory = readlinkSync(`/proc/${pid}/root`);
  if (!isSame(fstatSync(root), lstatSync(directory, { throwIfNoEntry: false })))
    return part({}, 'Its root directory has no path on this machine: the sandbox gets this machine’s files.');
  const { keys, notices } = asDirectory(directory, false);
  return part(
    { ...keys, namespaces: [...own, 'mnt'] },
    ...notices,
    'It is in this machine’s mount namespace; the sandbox needs one for its root.',
  );
}

const asDirectory = (directory: string, readonly: boolean): Part =>
  part(
    { root: { directory } },
    ...(readonly ? [] : ['The sandbox may only read its root directory, which is in use; "readonly": false would let it write there.']),
  );

/** What every sandbox has, and what an engine puts into every container. */
const USUAL = /^\/(?:proc|sys|dev)(?:\/|$)|^\/run$|^\/etc\/(?:hosts|hostname|resolv\.conf)$/;
const MAX_MOUNTS = 64;

export function mountsLike(seen: Seen): Part {
  if (!seen.own.has('mnt')) return part({});
  const here = mountsOf('self');
  const copies = new Set(here.map(copyKey));
  const theirs = uppermost(mountsOf(seen.pid)).filter(each => each.path !== '/' && !USUAL.test(each.path) && !copies.has(copyKey(each)));
  const mounts: Mount[] = [];
  const notices: string[] = [];
  for (const each of theirs.slice(0, MAX_MOUNTS)) {
    const mount = mountLike(each, seen.root, here);
    if (mount) mounts.push(mount);
    else notices.push(`Its mount ${JSON.stringify(each.path)} (${each.fileSystem}) is left out: it has no path on this machine.`);
  }
  if (theirs.length > MAX_MOUNTS) notices.push(`Only the first ${MAX_MOUNTS} of its ${theirs.length} mounts were looked at.`);
  // An empty list would take away the tmpfs at /tmp, which is there when nothing is said.
  return part(mounts.length > 0 ? { mounts } : {}, ...notices);
}

/** A new mount namespace begins with copies of all mounts. */
const copyKey = ({ path, device, root }: MountLine): string => [path, device, root].join('\0');

const kernelTypes = ['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup2'] as const;

function mountLike(mount: MountLine, root: number, here: readonly MountLine[]): Mount | undefined {
  const { path, fileSystem } = mount;
  const type = kernelTypes.find(each => each === fileSystem);
  if (type) return { type, path };
  const source = pathHere(mount, statIn(root, path), here);
  if (source !== undefined) return { type: 'bind', source, path, readonly: isReadonly(mount) };
  return fileSystem === 'tmpfs' ? tmpfsLike(mount) : undefined;
}

/** The kernel names a size in KiB, and no mode where it is 1777. */
function tmpfsLike(mount: MountLine): Mount {
  const option = (name: string): string | undefined =>
    optionsOf(mount)
      .find(each => each.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const kibibytes = Number(/^(\d+)k$/.exec(option('size') ?? '')?.[1]);
  return { type: 'tmpfs', path: mount.path, ...(kibibytes > 0 && { size: kibibytes * 1024 }), mode: option('mode') ?? '1777' };
}

function statIn(root: number, path: string): Stats | undefined {
  try {
    const fd = openInRoot(root, path, O_PATH);
    try {
      return fstatSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined; // another mount lies over it
  }
}

/**
 * A path of this machine that shows the same file or directory: the same file system is mounted here too, and what it
 * has there is the very same. Text alone would not do: a process can mount what it likes over it.
 */
function pathHere({ device, root }: MountLine, there: Stats | undefined, here: readonly MountLine[]): string | undefined {
  const candidates = here.flatMap(mount => {
    if (mount.device !== device) return [];
    const prefix = mount.root === '/' ? '' : mount.root;
    if (root !== mount.root && !root.startsWith(`${prefix}/`)) return [];
    const below = root === '/' ? '' : root.slice(prefix.length);
    return [`${mount.path === '/' ? '' : mount.path}${below}` || '/'];
  });
  return candidates.find(path => isSame(there, lstatSync(path, { throwIfNoEntry: false })));
}
