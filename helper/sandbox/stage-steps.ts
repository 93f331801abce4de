// The stage's part of a sandbox: who it is, its namespaces, its files. Pure tables of system calls.
import { constants } from 'node:fs';
import type { Definition } from '../protocol/definition.ts';
import { prelude, setgroups } from '../stage/calls.ts';
import { FIRST_HANDLE } from '../stage/encode.ts';
import { type Call, flags } from '../stage/program.ts';
import {
  AT_FDCWD,
  AT_RECURSIVE,
  cloneFlag,
  cloneFlagName,
  MNT_DETACH,
  MOUNT_ATTR_RDONLY,
  mountFlags,
  PR_SET_NAME,
  PR_SET_SECUREBITS,
  SECBIT_NO_SETUID_FIXUP,
} from '../sys/flags.ts';
import type { Facts } from './plan.ts';

const here = { text: 'AT_FDCWD', value: AT_FDCWD };
const quiet = flags(mountFlags, 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC');
const plain = flags(mountFlags, 'MS_NOSUID', 'MS_NODEV');

const mount = (
  source: string | null,
  path: string,
  type: string | null,
  how: Call['arguments'][number],
  data: string | null,
  tolerate?: Call['tolerate'],
): Call => ({
  call: 'mount',
  arguments: [source, path, type, how, data],
  ...(tolerate && { tolerate }),
});
const mkdir = (path: string): Call => ({ call: 'mkdirat', arguments: [here, path, { text: '0755', value: 0o755 }] });

/**
 * Puts the view of this machine's files together, still as root of the host. Only so can overlayfs use
 * the host's root (in a user namespace its mounts are locked, EINVAL), and only so can root inside not
 * undo it: what a more privileged mount namespace mounted is locked in the sandbox's own.
 */
export function filesSteps({ root }: Definition, { staging, disks }: Facts): Call[] {
  return [
    ...prelude,
    { call: 'unshare', arguments: [{ text: cloneFlagName.mnt, value: cloneFlag.mnt }] },
    mount(null, '/', null, flags(mountFlags, 'MS_REC', 'MS_PRIVATE'), null),
    mount('tmpfs', staging, 'tmpfs', plain, 'mode=755'),
    mkdir(`${staging}/root`),
    ...(root === 'discard' ? discardSteps(staging, disks) : root === 'readonly' ? bindSteps('/', staging, true) : []),
  ];
}

/** Becomes the caller before the user namespace is made, so that it is the caller's and not root's. */
export function identitySteps({ uid, gid, groups }: Facts): Call[] {
  return [
    // The caller keeps all groups: losing one may give access to what is shut to it (CVE-2014-8989).
    setgroups(groups),
    // Keeps the capabilities over the change of uid: hosts may deny user namespaces to ordinary users.
    {
      call: 'prctl',
      arguments: [
        { text: 'PR_SET_SECUREBITS', value: PR_SET_SECUREBITS },
        { text: 'SECBIT_NO_SETUID_FIXUP', value: SECBIT_NO_SETUID_FIXUP },
      ],
    },
    { call: 'setresgid', arguments: [gid, gid, gid] },
    { call: 'setresuid', arguments: [uid, uid, uid] },
    { call: 'unshare', arguments: [{ text: cloneFlagName.user, value: cloneFlag.user }] },
  ];
}

const others = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time'] as const;

/** All the rest at once, owned by the new user namespace, as root of it. */
export const namespaceSteps: readonly Call[] = [
  { call: 'setresgid', arguments: [0, 0, 0] },
  { call: 'setresuid', arguments: [0, 0, 0] },
  {
    call: 'unshare',
    arguments: [{ text: others.map(type => cloneFlagName[type]).join('|'), value: others.reduce((sum, type) => sum + cloneFlag[type], 0) }],
  },
];

/** From its first own mount to the moment at which it can stay as init. */
export function mountSteps(definition: Definition, facts: Facts): Call[] {
  const { root } = definition;
  return [
    // The caller's own directory is mounted with the caller's rights. The host's files are mounted over
    // themselves: pivot_root(2) takes no mount that is locked.
    ...(typeof root === 'string'
      ? bindSteps(`${facts.staging}/root`, facts.staging, false)
      : bindSteps(root.directory, facts.staging, root.readonly)),
    ...sources(definition),
    { call: 'chdir', arguments: [`${facts.staging}/root`] },
    // The old root stays above the new one until the end: a new /proc or /sys is only granted while the old is in sight.
    { call: 'pivot_root', arguments: ['.', '.'] },
    ...systemMounts(),
    ...definition.mounts.flatMap((each, index) => ownMount(each, index)),
    { call: 'umount2', arguments: ['.', { text: 'MNT_DETACH', value: MNT_DETACH }] },
    { call: 'chdir', arguments: ['/'] },
    { call: 'sethostname', arguments: [definition.hostname ?? definition.name, (definition.hostname ?? definition.name).length] },
    { call: 'prctl', arguments: [{ text: 'PR_SET_NAME', value: PR_SET_NAME }, 'burrow-init'] },
    ...quietInput(),
    { call: 'close_range', arguments: [FIRST_HANDLE, 0xffff_ffff, 0], tolerate: ['ENOSYS'] },
  ];
}

function bindSteps(source: string, staging: string, isReadonly: boolean): Call[] {
  const at = `${staging}/root`;
  return [mount(source, at, null, flags(mountFlags, 'MS_BIND', 'MS_REC'), null), ...(isReadonly ? [readonly(here, at)] : [])];
}

const discardSteps = (staging: string, disks: readonly string[]): Call[] => [
  mkdir(`${staging}/upper`),
  mkdir(`${staging}/work`),
  ...['/', ...disks].flatMap((disk, index) => overlay(disk, index, staging)),
];

/** Reads go to `disk`, writes to memory. A disk besides the root may be of a kind that overlayfs refuses; then it is not there. */
function overlay(disk: string, index: number, staging: string): Call[] {
  const upper = `${staging}/upper/${index}`;
  const work = `${staging}/work/${index}`;
  const data = `lowerdir=${escaped(disk)},upperdir=${escaped(upper)},workdir=${escaped(work)}`;
  return [
    mkdir(upper),
    mkdir(work),
    mount('overlay', `${staging}/root${disk === '/' ? '' : disk}`, 'overlay', flags(mountFlags), data, index === 0 ? undefined : 'all'),
  ];
}

/** overlayfs splits its options at commas and its lower layers at colons. */
const escaped = (path: string): string => path.replace(/[\\,:]/g, '\\$&');

const readonly = (directory: Call['arguments'][number], path: string): Call => {
  const attributes = Buffer.alloc(32); // struct mount_attr
  attributes.writeBigUInt64LE(BigInt(MOUNT_ATTR_RDONLY), 0);
  const how =
    path === '' ? flags({ AT_EMPTY_PATH, AT_RECURSIVE }, 'AT_EMPTY_PATH', 'AT_RECURSIVE') : flags({ AT_RECURSIVE }, 'AT_RECURSIVE');
  return {
    call: 'mount_setattr',
    arguments: [directory, path, how, { bytes: attributes, text: '{attr_set=MOUNT_ATTR_RDONLY}' }, attributes.length],
  };
};

const AT_EMPTY_PATH = 0x1000;
const OPEN_TREE = { OPEN_TREE_CLONE: 1, AT_RECURSIVE, OPEN_TREE_CLOEXEC: 0o2000000 } as const;
const MOVE_MOUNT_F_EMPTY_PATH = 4;

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const;

/** What comes from outside is taken while the old root is there, and mounted when paths mean the new one. */
const take = (source: string, as: string): Call => ({
  call: 'open_tree',
  arguments: [here, source, flags(OPEN_TREE, 'OPEN_TREE_CLONE', 'AT_RECURSIVE', 'OPEN_TREE_CLOEXEC')],
  as,
});

const place = (from: string, path: string): Call[] => [
  {
    call: 'move_mount',
    arguments: [{ resultOf: from }, '', here, path, { text: 'MOVE_MOUNT_F_EMPTY_PATH', value: MOVE_MOUNT_F_EMPTY_PATH }],
  },
  { call: 'close', arguments: [{ resultOf: from }] },
];

function sources({ mounts }: Definition): Call[] {
  const binds = mounts.flatMap((each, index) => (each.type === 'bind' ? [take(each.source, `mount ${index}`)] : []));
  return [...devices.map(name => take(`/dev/${name}`, `/dev/${name}`)), ...binds];
}

function ownMount(each: Definition['mounts'][number], index: number): Call[] {
  if (each.type === 'tmpfs') {
    const size = each.sizeBytes === undefined ? '' : `,size=${each.sizeBytes}`;
    return [mount('tmpfs', each.path, 'tmpfs', plain, `mode=${each.mode}${size}`)];
  }
  const from = `mount ${index}`;
  return [...(each.readonly ? [readonly({ resultOf: from }, '')] : []), ...place(from, each.path)];
}

const links: readonly (readonly [string, string])[] = [
  ['pts/ptmx', '/dev/ptmx'],
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
];

function systemMounts(): Call[] {
  return [
    mount('proc', '/proc', 'proc', quiet, null),
    // Refused where something is mounted over the host's; the sandbox works without.
    mount('sysfs', '/sys', 'sysfs', flags(mountFlags, 'MS_RDONLY', 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'), null, 'all'),
    mount('tmpfs', '/dev', 'tmpfs', flags(mountFlags, 'MS_NOSUID'), 'mode=755'),
    ...devices.flatMap(name => [
      emptyFile(`/dev/${name}`),
      { call: 'close', arguments: [{ resultOf: `file /dev/${name}` }] } as const,
      ...place(`/dev/${name}`, `/dev/${name}`),
    ]),
    ...links.map(([target, path]): Call => ({ call: 'symlinkat', arguments: [target, here, path] })),
    ...['/dev/pts', '/dev/shm', '/dev/mqueue'].map(mkdir),
    mount('devpts', '/dev/pts', 'devpts', flags(mountFlags, 'MS_NOSUID', 'MS_NOEXEC'), 'newinstance,ptmxmode=0666,mode=620'),
    mount('tmpfs', '/dev/shm', 'tmpfs', plain, 'mode=1777'),
    mount('mqueue', '/dev/mqueue', 'mqueue', quiet, null, 'all'),
    // Hides the sockets of the host's services, the helper's own among them.
    mount('tmpfs', '/run', 'tmpfs', plain, 'mode=755'),
  ];
}

const emptyFile = (path: string): Call => ({
  call: 'openat',
  arguments: [here, path, { text: 'O_CREAT|O_CLOEXEC', value: constants.O_CREAT | 0o2000000 }, { text: '0644', value: 0o644 }],
  as: `file ${path}`,
});

/** Descriptors 0 to 2 were the helper's; init gets its own /dev/null. */
function quietInput(): Call[] {
  return [
    { call: 'openat', arguments: [here, '/dev/null', { text: 'O_RDWR|O_CLOEXEC', value: constants.O_RDWR | 0o2000000 }, 0], as: 'null' },
    ...[0, 1, 2].map((fd): Call => ({ call: 'dup3', arguments: [{ resultOf: 'null' }, fd, 0] })),
    { call: 'close', arguments: [{ resultOf: 'null' }] },
  ];
}
