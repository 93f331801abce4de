// /proc, /sys, /dev and /run of a sandbox. Two ways to make them: see stage-steps.ts for `guarded`.
import { constants } from 'node:fs';
import { here } from '../stage/calls.ts';
import { bind, type Care, emptyFile, mkdir, mount, place, plain, quiet, quietly, restrict, take, within } from '../stage/mount-calls.ts';
import { type Call, flags } from '../stage/program.ts';
import { mountFlags } from '../sys/flags.ts';

/** Device nodes with their numbers, as in every container: linux/Documentation/admin-guide/devices.txt. */
export const plainDevices = [
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
export function systemSources({ guarded, host, ownPid, ownNet }: Surroundings, staging: string): Call[] {
  if (host) return [];
  if (guarded) return [...guardedProc(staging), take('/sys', 'sys', 'alone')];
  return [
    ...(ownPid ? [] : [take('/proc', 'proc', 'with what is below')]),
    ...(ownNet ? [] : [take('/sys', 'sys', 'with what is below')]),
    ...plainDevices.map(({ name }) => take(`/dev/${name}`, deviceName('/dev', name), 'alone')),
  ];
}

/** What the kernel grants only while the host's own are in sight. */
export function kernelMounts({ guarded, host, ownPid, ownNet, care }: Surroundings): Call[] {
  const newProc = within('/proc', care, at => [mount('proc', at, 'proc', quiet, null)]);
  if (host) return [...(ownPid ? newProc : []), ...(!guarded && ownNet ? sysAt(care) : [])];
  const proc = guarded || !ownPid ? place({ resultOf: 'proc' }, '/proc', care) : newProc;
  const sys = guarded
    ? [restrict(['MOUNT_ATTR_RDONLY'], { resultOf: 'sys' }, ''), ...place({ resultOf: 'sys' }, '/sys', care)]
    : ownNet
      ? sysAt(care)
      : place({ resultOf: 'sys' }, '/sys', care);
  return [...proc, ...sys];
}

export function systemMounts({ guarded, host, care }: Surroundings): Call[] {
  if (host) return [];
  return [
    ...devicesAt('/dev', care, guarded ? newDevice : hostDevice),
    // Hides the sockets of the host's services, the helper's own among them.
    ...within('/run', care, at => [mount('tmpfs', at, 'tmpfs', plain, 'mode=755')]),
  ];
}

type Device = (typeof plainDevices)[number];

const deviceName = (at: string, name: string): string => `${at}/${name}`;

/** A /dev with what every program expects. */
export function devicesAt(path: string, care: Care, node: (at: string, device: Device) => Call[]): Call[] {
  const inside = (name: string): string => `${path}/${name}`;
  return [
    ...within(path, care, at => [mount('tmpfs', at, 'tmpfs', flags(mountFlags, 'MS_NOSUID'), 'mode=755')]),
    ...plainDevices.flatMap(device => node(path, device)),
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
const newSys = mount('sysfs', '/sys', 'sysfs', flags(mountFlags, 'MS_RDONLY', ...quietly), null, 'all');
const sysAt = (care: Care): Call[] => within('/sys', care, at => [{ ...newSys, arguments: ['sysfs', at, ...newSys.arguments.slice(2)] }]);

/**
 * Made where nobody else can write, and placed as a whole: whoever owns the root directory could exchange its /proc
 * meanwhile, and what shuts the dangerous parts would go astray (CVE-2025-31133). Not every kernel has all of them.
 */
function guardedProc(staging: string): Call[] {
  const [at, devicesDirectory] = [`${staging}/proc`, `${staging}/devices`];
  return [
    mkdir(devicesDirectory),
    mount('tmpfs', devicesDirectory, 'tmpfs', flags(mountFlags, 'MS_NOSUID', 'MS_NOEXEC'), 'mode=755'),
    ...newDevice(devicesDirectory, plainDevices[0]),
    mkdir(at),
    mount('proc', at, 'proc', quiet, null),
    ...readonlyParts.flatMap(name => [
      bind(`${at}/${name}`, `${at}/${name}`, ['ENOENT']),
      restrict(['MOUNT_ATTR_RDONLY'], here, `${at}/${name}`, ['ENOENT', 'EINVAL']),
    ]),
    ...hiddenDirectories.map(name => mount('tmpfs', `${at}/${name}`, 'tmpfs', flags(mountFlags, 'MS_RDONLY'), 'size=0k', ['ENOENT'])),
    ...hiddenFiles.map(name => bind(deviceName(devicesDirectory, plainDevices[0].name), `${at}/${name}`, ['ENOENT'])),
    take(at, 'proc', 'with what is below'),
  ];
}

/** A node of its own: whoever is uid 0 outside owns the host's, and a chmod inside would reach it. */
export const newDevice = (at: string, { name, major, minor }: Device): Call[] => [
  {
    call: 'mknodat',
    arguments: [
      here,
      deviceName(at, name),
      { text: 'S_IFCHR|0666', value: constants.S_IFCHR | 0o666 },
      { text: `makedev(${major}, ${minor})`, value: major * 256 + minor },
    ],
  },
];

/** A user namespace grants no mknod(2); what was taken by {@link systemSources} is placed instead. */
const hostDevice = (at: string, { name }: Device): Call[] => [
  emptyFile(deviceName(at, name)),
  ...place({ resultOf: deviceName('/dev', name) }, deviceName(at, name)),
];

/** What /dev has already, once more. */
export const sameDevice = (at: string, { name }: Device): Call[] => [
  emptyFile(deviceName(at, name)),
  bind(deviceName('/dev', name), deviceName(at, name)),
];
