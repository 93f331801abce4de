// /proc, /sys, /dev and /run of a sandbox. Two ways to make them: see stage-steps.ts for `guarded`.
import { constants } from 'node:fs';
import { type Call, flags } from '../stage/program.ts';
import { mountFlags, O_CLOEXEC } from '../sys/flags.ts';
import { bind, here, mkdir, mount, place, plain, quiet, restrict, take } from './mount-calls.ts';

/** Device nodes with their numbers, as in every container: linux/Documentation/admin-guide/devices.txt. */
const devices = [
  { name: 'null', major: 1, minor: 3 },
  { name: 'zero', major: 1, minor: 5 },
  { name: 'full', major: 1, minor: 7 },
  { name: 'random', major: 1, minor: 8 },
  { name: 'urandom', major: 1, minor: 9 },
  { name: 'tty', major: 5, minor: 0 },
] as const;

const links: readonly (readonly [string, string])[] = [
  ['pts/ptmx', '/dev/ptmx'],
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
];

/** Parts of /proc that change the whole machine for whoever is uid 0 outside, whatever its capabilities. */
const readonlyParts = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'] as const;
const hiddenFiles = ['kcore', 'keys', 'kmsg', 'latency_stats', 'mtrr', 'sched_debug', 'timer_list'] as const;
const hiddenDirectories = ['acpi', 'asound', 'scsi'] as const;

/** Taken from the host before its root is out of sight. */
export const systemSources = (guarded: boolean): Call[] =>
  guarded ? [take('/sys', 'sys', 'alone')] : devices.map(({ name }) => take(`/dev/${name}`, `/dev/${name}`, 'alone'));

export function systemMounts(guarded: boolean): Call[] {
  return [
    mount('proc', '/proc', 'proc', quiet, null),
    ...(guarded ? [restrict(['MOUNT_ATTR_RDONLY'], { resultOf: 'sys' }, ''), ...place('sys', '/sys')] : [ownSys]),
    mount('tmpfs', '/dev', 'tmpfs', flags(mountFlags, 'MS_NOSUID'), 'mode=755'),
    ...(guarded ? devices.map(newDevice) : devices.flatMap(({ name }) => hostDevice(`/dev/${name}`))),
    ...(guarded ? guardProc() : []),
    ...links.map(([target, path]): Call => ({ call: 'symlinkat', arguments: [target, here, path] })),
    ...['/dev/pts', '/dev/shm', '/dev/mqueue'].map(mkdir),
    mount('devpts', '/dev/pts', 'devpts', flags(mountFlags, 'MS_NOSUID', 'MS_NOEXEC'), 'newinstance,ptmxmode=0666,mode=620'),
    mount('tmpfs', '/dev/shm', 'tmpfs', plain, 'mode=1777'),
    // Hides the sockets of the host's services, the helper's own among them.
    mount('tmpfs', '/run', 'tmpfs', plain, 'mode=755'),
  ];
}

/** Of the sandbox's own ipc and network namespaces, so they come once those are there. */
export const lateMounts = (guarded: boolean): Call[] => [
  mount('mqueue', '/dev/mqueue', 'mqueue', quiet, null, 'all'),
  ...(guarded ? [ownSys] : []),
];

/** Refused where something is mounted over the host's; the sandbox works without. */
const ownSys = mount('sysfs', '/sys', 'sysfs', flags(mountFlags, 'MS_RDONLY', 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'), null, 'all');

/** Not every kernel has all of them. */
function guardProc(): Call[] {
  return [
    ...readonlyParts.flatMap(name => [
      bind(`/proc/${name}`, `/proc/${name}`, ['ENOENT']),
      restrict(['MOUNT_ATTR_RDONLY'], here, `/proc/${name}`, ['ENOENT', 'EINVAL']),
    ]),
    ...hiddenDirectories.map(name => mount('tmpfs', `/proc/${name}`, 'tmpfs', flags(mountFlags, 'MS_RDONLY'), 'size=0k', ['ENOENT'])),
    ...hiddenFiles.map(name => bind('/dev/null', `/proc/${name}`, ['ENOENT'])),
  ];
}

/** A node of its own: whoever is uid 0 outside owns the host's, and a chmod inside would reach it. */
const newDevice = ({ name, major, minor }: (typeof devices)[number]): Call => ({
  call: 'mknodat',
  arguments: [
    here,
    `/dev/${name}`,
    { text: 'S_IFCHR|0666', value: constants.S_IFCHR | 0o666 },
    { text: `makedev(${major}, ${minor})`, value: major * 256 + minor },
  ],
});

/** A user namespace grants no mknod(2). */
const hostDevice = (path: string): Call[] => [
  {
    call: 'openat',
    arguments: [here, path, { text: 'O_CREAT|O_CLOEXEC', value: constants.O_CREAT | O_CLOEXEC }, { text: '0644', value: 0o644 }],
    as: `file ${path}`,
  },
  { call: 'close', arguments: [{ resultOf: `file ${path}` }] },
  ...place(path, path),
];
