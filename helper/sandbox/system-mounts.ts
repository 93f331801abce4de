// /proc, /sys, /dev and /run of a sandbox. Two ways to make them: see stage-steps.ts for `guarded`.
import { constants } from 'node:fs';
import { type Call, flags } from '../stage/program.ts';
import { mountFlags } from '../sys/flags.ts';
import { bind, type Care, emptyFile, here, mkdir, mount, place, plain, quiet, restrict, take, within } from './mount-calls.ts';

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
  ['pts/ptmx', 'ptmx'],
  ['/proc/self/fd', 'fd'],
  ['/proc/self/fd/0', 'stdin'],
  ['/proc/self/fd/1', 'stdout'],
  ['/proc/self/fd/2', 'stderr'],
];

/** Parts of /proc that change the whole machine for whoever is uid 0 outside, whatever its capabilities. */
const readonlyParts = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'] as const;
const hiddenFiles = ['kcore', 'keys', 'kmsg', 'latency_stats', 'mtrr', 'sched_debug', 'timer_list'] as const;
const hiddenDirectories = ['acpi', 'asound', 'scsi'] as const;

/** How /proc and /sys come about, and how much is done by hand. */
export interface Surroundings {
  /** Mounted by the host's root, before there is a user namespace: see plan.ts. */
  readonly guarded: boolean;
  /** This machine's files as they are: its /dev, /run and the rest stay. */
  readonly host: boolean;
  /** Without a pid or net namespace of its own the kernel grants no new /proc or /sys inside a user namespace: the host's are bound. */
  readonly ownPid: boolean;
  readonly ownNet: boolean;
  readonly care: Care;
}

/** Taken from the host before its root is out of sight. */
export function systemSources({ guarded, host, ownPid, ownNet }: Surroundings): Call[] {
  const bound = [
    ...(guarded || ownPid ? [] : [take('/proc', 'proc', 'with what is below')]),
    ...(guarded || ownNet ? [] : [take('/sys', 'sys', 'with what is below')]),
  ];
  if (host) return bound;
  return guarded
    ? [take('/sys', 'sys', 'alone')]
    : [...bound, ...devices.map(({ name }) => take(`/dev/${name}`, deviceName('/dev', name), 'alone'))];
}

export function systemMounts(surroundings: Surroundings): Call[] {
  const { guarded, host, ownPid, ownNet, care } = surroundings;
  const proc = guarded || ownPid ? within('/proc', care, at => [mount('proc', at, 'proc', quiet, null)]) : place('proc', '/proc', care);
  if (host) return [...(ownPid ? proc : []), ...(guarded ? [] : ownNet ? sysAt(care) : [])];
  const sys = guarded
    ? [restrict(['MOUNT_ATTR_RDONLY'], { resultOf: 'sys' }, ''), ...place('sys', '/sys', care)]
    : ownNet
      ? sysAt(care)
      : place('sys', '/sys', care);
  return [
    ...proc,
    ...sys,
    ...devicesAt('/dev', guarded, care),
    ...(guarded ? guardProc() : []),
    // Hides the sockets of the host's services, the helper's own among them.
    ...within('/run', care, at => [mount('tmpfs', at, 'tmpfs', plain, 'mode=755')]),
  ];
}

const deviceName = (at: string, name: string): string => `${at}/${name}`;

/** A /dev with what every program expects. The host's nodes come from {@link systemSources}. */
export function devicesAt(path: string, guarded: boolean, care: Care): Call[] {
  const inside = (name: string): string => `${path}/${name}`;
  return [
    ...within(path, care, at => [mount('tmpfs', at, 'tmpfs', flags(mountFlags, 'MS_NOSUID'), 'mode=755')]),
    ...devices.flatMap(device => (guarded ? [newDevice(path, device)] : hostDevice(path, device.name))),
    ...links.map(([target, name]): Call => ({ call: 'symlinkat', arguments: [target, here, inside(name)] })),
    ...['pts', 'shm', 'mqueue'].map(name => mkdir(inside(name))),
    mount('devpts', inside('pts'), 'devpts', flags(mountFlags, 'MS_NOSUID', 'MS_NOEXEC'), 'newinstance,ptmxmode=0666,mode=620'),
    mount('tmpfs', inside('shm'), 'tmpfs', plain, 'mode=1777'),
  ];
}

/** Of the sandbox's own ipc and network namespaces, so they come once those are there. */
export const lateMounts = ({ guarded, ownNet }: Surroundings): Call[] => [
  mount('mqueue', '/dev/mqueue', 'mqueue', quiet, null, 'all'),
  ...(guarded && ownNet ? [newSys] : []),
];

/** Refused where something is mounted over the host's; the sandbox works without. */
const newSys = mount('sysfs', '/sys', 'sysfs', flags(mountFlags, 'MS_RDONLY', 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'), null, 'all');
const sysAt = (care: Care): Call[] => within('/sys', care, at => [{ ...newSys, arguments: ['sysfs', at, ...newSys.arguments.slice(2)] }]);

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
const newDevice = (at: string, { name, major, minor }: (typeof devices)[number]): Call => ({
  call: 'mknodat',
  arguments: [
    here,
    deviceName(at, name),
    { text: 'S_IFCHR|0666', value: constants.S_IFCHR | 0o666 },
    { text: `makedev(${major}, ${minor})`, value: major * 256 + minor },
  ],
});

/** A user namespace grants no mknod(2). */
const hostDevice = (at: string, name: string): Call[] => [
  emptyFile(deviceName(at, name)),
  ...place(deviceName('/dev', name), deviceName(at, name)),
];
