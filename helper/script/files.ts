// The files of a sandbox as mount(8) puts them together: first as root of this machine, then from within.

import { mountsIn } from '../plan/own-mounts.ts';
import { escaped, outsideOf, rootOf } from '../plan/root-files.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Mount } from '../protocol/definition/mounts.ts';
import type { ScriptFacts } from './script.ts';
import { quote, section } from './text.ts';

const ROOT = '"$work/root"';
const taken = (index: number): string => `"$work/taken/${index}"`;

/** The programs inside are this machine's own. */
export function isHostView(definition: Definition): boolean {
  const root = rootOf(definition);
  return root === 'discard' || root === 'readonly' || root === 'host';
}

/** In a mount namespace of its own, before there is a user namespace: all that root inside must not undo. */
export function prepareFiles(definition: Definition, facts: ScriptFacts): string[] {
  return [
    ...section('The root directory.', `mkdir ${ROOT} "$work/taken"`, ...rootLines(definition, facts)),
    ...section('What is mounted from this machine.', ...mountsIn(definition).flatMap(source)),
    ...(rootOf(definition) === 'host' ? [] : ownDirectories(facts)),
  ];
}

function rootLines(definition: Definition, facts: ScriptFacts): string[] {
  const root = rootOf(definition);
  if (root === 'discard') return ['mkdir "$work/layers"', 'mount -t tmpfs -o mode=755 tmpfs "$work/layers"', ...overlays(facts)];
  if (root === 'readonly') return [`mount --rbind / ${ROOT}`, ...readonly(ROOT)];
  if (root === 'host') return [`mount --rbind / ${ROOT}`];
  if (root === 'empty')
    return [
      `mount -t tmpfs -o ${owned(facts)} tmpfs ${ROOT}`,
      `mkdir ${['proc', 'sys', 'dev', 'run'].map(each => `"$work/root/${each}"`).join(' ')}`,
    ];
  if ('directory' in root) return [`mount --rbind ${quote(root.directory)} ${ROOT}`, ...(root.readonly ? readonly(ROOT) : []), ...noLinks];
  if ('archive' in root)
    return [
      `mount -t tmpfs -o ${owned(facts)} tmpfs ${ROOT}`,
      `tar --extract --numeric-owner --file ${quote(root.archive)} --directory ${ROOT}`,
      ...noLinks,
    ];
  return [
    '# Nothing of util-linux unpacks an OCI image. Unpack it, as with umoci, and give the directory as an argument.',
    `mount --rbind "$unpacked" ${ROOT}`,
    ...noLinks,
  ];
}

/** Somebody else's file system: as a symbolic link its /dev would be this machine's. mount(8) follows those deeper in it, Burrow does not. */
const noLinks = ['for each in proc sys dev run; do [ -d "$work/root/$each" ] && [ ! -L "$work/root/$each" ]; done'];

const owned = ({ uids, gids }: ScriptFacts, mode = '755'): string => `mode=${mode},uid=${outsideOf(uids)},gid=${outsideOf(gids)}`;

function overlays({ disks }: ScriptFacts): string[] {
  return ['/', ...disks].flatMap((disk, index) => {
    const layer = `"$work/layers/${index}`;
    const data = `-o nodev,lowerdir=${quote(escaped(disk))},upperdir=${layer}/upper",workdir=${layer}/work"`;
    const at = disk === '/' ? ROOT : `"$work/root"${quote(disk)}`;
    // Not every kind of file system can be a lower layer; then that disk is not there.
    return [`mkdir -p ${layer}/upper" ${layer}/work"`, `mount -t overlay ${data} overlay ${at}${index === 0 ? '' : ' || :'}`];
  });
}

/** Each mount by itself: mount(8) has no option for all below before 2.39. Its table writes blanks as octal numbers. */
const readonly = (at: string): string[] => [
  `awk -v top=${at} '$5 == top || index($5, top "/") == 1 { print $5 }' /proc/self/mountinfo |`,
  '\twhile read -r each; do mount -o remount,bind,ro "$(printf %b "$each")"; done',
];

/** Held below $work until its turn comes, inside. */
function source(mount: Mount, index: number): string[] {
  const at = taken(index);
  if (mount.type === 'bind') {
    const from = quote(mount.source);
    const idmap = mount.idmap
      ? ['# Ids on the disk as they are inside: mount(8) has X-mount.idmap since 2.39; without it they stay as they are.']
      : [];
    return [
      ...idmap,
      `if [ -d ${from} ]; then mkdir ${at}; else : >${at}; fi`,
      `mount --rbind ${from} ${at}`,
      ...(mount.readonly ? readonly(at) : []),
    ];
  }
  if (mount.type === 'overlay') {
    const [only = '', ...more] = mount.lower;
    if (more.length === 0) return [`mkdir ${at}`, `mount --rbind ${quote(only)} ${at}`, ...readonly(at)];
    return [`mkdir ${at}`, `mount -t overlay -o ro,lowerdir=${quote(mount.lower.map(escaped).join(':'))} overlay ${at}`];
  }
  if (mount.type === 'file') return [`printf %s ${quote(mount.content)} >${at}`, `chmod ${mount.mode} ${at}`];
  return mount.type === 'dev' ? [`mkdir ${at}`, ...devices(at)] : [];
}

/** linux/Documentation/admin-guide/devices.txt */
const nodes = ['null 1 3', 'zero 1 5', 'full 1 7', 'random 1 8', 'urandom 1 9', 'tty 5 0'];
const links = ['pts/ptmx ptmx', '/proc/self/fd fd', '/proc/self/fd/0 stdin', '/proc/self/fd/1 stdout', '/proc/self/fd/2 stderr'];

const devices = (at: string): string[] => [
  `mount -t tmpfs -o nosuid,mode=755 tmpfs ${at}`,
  `(cd ${at} && umask 0`,
  ...nodes.map(node => {
    const [name, ...numbers] = node.split(' ');
    return `\tmknod -m 666 ${name} c ${numbers.join(' ')}`;
  }),
  ...links.map(link => `\tln -s ${link}`),
  '\tmkdir -m 755 pts shm mqueue)',
];

const ownDirectories = (facts: ScriptFacts): string[] => [
  ...section(
    'A /dev of its own, and a /run without the sockets of this machine.',
    ...devices('"$work/root/dev"'),
    `mount -t tmpfs -o nosuid,nodev,${owned(facts)} tmpfs "$work/root/run"`,
  ),
];

/** What these mounts show depends on the namespaces that the process is in by now. The working directory is the new root. */
export function insideFiles(definition: Definition, facts: ScriptFacts): string[] {
  const { namespaces } = definition;
  const [ownUser, ownPid, ownNet] = [namespaces.user !== false, namespaces.pid === true, namespaces.net === true];
  const isHost = rootOf(definition) === 'host';
  const proc = ownPid || !ownUser ? 'mount -t proc -o nosuid,nodev,noexec proc ./proc' : 'mount --rbind /proc ./proc';
  const sys = ownNet || !ownUser ? 'mount -t sysfs -o ro,nosuid,nodev,noexec sysfs ./sys' : 'mount --rbind /sys ./sys';
  const late = [
    'mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=620 devpts ./dev/pts',
    'mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs ./dev/shm',
    'mount -t mqueue -o nosuid,nodev,noexec mqueue ./dev/mqueue || :',
  ];
  return [
    ...section(
      'A mount that nobody has locked, which is what pivot_root(8) and mount --move take.',
      `mount --rbind ${ROOT} ${ROOT}`,
      `cd ${ROOT}`,
    ),
    ...section('What the kernel shows of the new namespaces.', proc, sys, ...(isHost ? [] : late)),
    ...(isGuarded(definition, facts) && !isHost ? guard : []),
    ...section(
      'What the definition mounts.',
      ...mountsIn(definition).flatMap((each, index) => [...makeWay(definition, each), ...place(each, index)]),
    ),
  ];
}

/** Is root inside also root outside? Then the kernel lets it write to /proc/sys by its number alone. */
const isGuarded = ({ namespaces }: Definition, { uids }: ScriptFacts): boolean =>
  namespaces.user === false || uids.some(({ outside }) => outside === 0);

const guard = section(
  'Root inside is root outside: parts of /proc are shut. Burrow also locks these mounts, by making them before the user namespace.',
  'for each in bus fs irq sys sysrq-trigger; do',
  '\t[ -e "proc/$each" ] || continue',
  '\tmount --bind "proc/$each" "proc/$each"',
  '\tmount -o remount,bind,ro,nosuid,nodev,noexec "proc/$each"',
  'done',
  'for each in kcore keys kmsg latency_stats mtrr sched_debug timer_list; do',
  '\t[ ! -e "proc/$each" ] || mount --bind dev/null "proc/$each"',
  'done',
  'for each in acpi asound scsi; do',
  '\t[ ! -d "proc/$each" ] || mount -t tmpfs -o ro,size=4k tmpfs "proc/$each"',
  'done',
);

/** An empty root has nothing to mount on. */
function makeWay(definition: Definition, { type, path }: Mount): string[] {
  if (rootOf(definition) !== 'empty') return [];
  const at = quote(`.${path}`);
  return type === 'file' ? [`mkdir -p "$(dirname ${at})" && : >${at}`] : [`mkdir -p ${at}`];
}

function place(mount: Mount, index: number): string[] {
  const at = quote(`.${mount.path}`);
  switch (mount.type) {
    case 'tmpfs':
      return [`mount -t tmpfs -o nosuid,nodev,mode=${mount.mode}${mount.size === undefined ? '' : `,size=${mount.size}`} tmpfs ${at}`];
    case 'mask':
      return [`if [ -d ${at} ]; then mount -t tmpfs -o ro,size=4k tmpfs ${at}; elif [ -e ${at} ]; then mount --bind dev/null ${at}; fi`];
    case 'readonly':
      // With what is mounted below: without it the kernel refuses where that is locked (EINVAL), mount_namespaces(7).
      return [`mount --rbind ${at} ${at}`, ...readonly(`${ROOT}${quote(mount.path)}`)];
    case 'proc':
    case 'sysfs':
    case 'mqueue':
    case 'cgroup2':
      return [`mount -t ${mount.type} -o nosuid,nodev,noexec ${mount.type} ${at}`];
    case 'devpts':
      return [`mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=620 devpts ${at}`];
    default:
      return [`mount --rbind ${taken(index)} ${at}`];
  }
}
