// The host's files as a command sees them that has left some of the host's namespaces: /proc and /sys show what it is
// in, and what belongs to a named network lies where programs look for it. All of it in a mount namespace of its own.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import { bind, mkdir, mount, place, plain, quiet, quietly, restrict, take } from '../stage/mount-calls.ts';
import type { Call } from '../stage/program.ts';
import { flags } from '../stage/program.ts';
import { mountFlags } from '../sys/flags.ts';
import { parseMountInfo } from '../sys/procfs.ts';
import { type ClosedView, enterClosedView, partsOf } from './closed-view.ts';

export interface View {
  /** A pid namespace is joined, and /proc is to be of that. */
  readonly proc: boolean;
  /** A net namespace is joined: what is mounted below /sys, and goes on to be below the new one. */
  readonly sys: readonly string[] | undefined;
  /** Files of this machine that take the place of others: those of /etc/netns/NAME, ip-netns(8). */
  readonly files: readonly { readonly from: string; readonly to: string }[];
  readonly tools: Tools | undefined;
  /** The command comes to be seen by the target, and sees no more than this of this machine. */
  readonly closed: ClosedView | undefined;
}

/** Programs from elsewhere, for a target whose own are not used. */
export interface Tools {
  /** Whose programs they are: a root directory, `/` for this machine's. */
  readonly directory: string;
  /** A directory that a new file system covers; below it the target's files are shown. */
  readonly cover: string;
  /** The programs may change the target's files. */
  readonly writable: boolean;
}

export const shownAt = ({ cover }: Tools): string => `${cover}/target`;

/** What the target's files are held as, in a program. */
export const FILES = 'files';

/**
 * @param cover a directory of the helper's that may be covered
 * @returns undefined when the host's files are right as they are
 */
export function viewFor(
  joined: ReadonlySet<NamespaceType>,
  net: number | undefined,
  tools: Tools | undefined,
  cover: string,
): View | undefined {
  const [proc, sys] = [joined.has('pid'), joined.has('net')];
  const isSeen = proc || joined.has('user');
  if (isSeen) {
    const closed = { parts: partsOf(tools?.directory ?? '/'), staging: cover, terminal: undefined };
    return { proc: true, sys: undefined, files: [], tools, closed };
  }
  if (!sys && !tools) return undefined;
  const files = net === undefined || tools ? [] : filesOf(net);
  return { proc: tools !== undefined, sys: below('/sys'), files, tools, closed: undefined };
}

/** The mounts directly below a directory; what is mounted below those goes with them. */
function below(directory: string): string[] {
  const all = parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).map(({ path }) => path);
  const found = [...new Set(all.filter(path => path.startsWith(`${directory}/`)))];
  return found.filter(path => !found.some(other => path.startsWith(`${other}/`)));
}

/** @param net the inode of a network that may have a name */
function filesOf(net: number): { from: string; to: string }[] {
  if (!existsSync('/etc/netns')) return [];
  const inodeOf = (name: string): number | undefined => statSync(`/run/netns/${name}`, { throwIfNoEntry: false })?.ino;
  const named = readdirSync('/etc/netns').filter(name => inodeOf(name) === net);
  return named.flatMap(name => readdirSync(`/etc/netns/${name}`).map(file => ({ from: `/etc/netns/${name}/${file}`, to: `/etc/${file}` })));
}

const held = (path: string): string => `mount ${path}`;

/** As the host's root, still in all of the host's namespaces. What the host mounts later is to be seen. */
export const leaveMounts = ({ closed, tools }: View): Call[] => [
  { call: 'unshare', arguments: [{ text: 'CLONE_NEWNS', value: 0x20000 }] },
  mount(null, '/', null, flags(mountFlags, 'MS_REC', 'MS_SLAVE'), null),
  ...(closed ? enterClosedView(closed, root => (tools ? showBelow(root, tools) : [])) : []),
];

/** In the joined net namespace, before anybody there sees it. */
export const beforeSeen = ({ closed }: View): Call[] =>
  closed ? [mount('sysfs', '/sys', 'sysfs', flags(mountFlags, 'MS_RDONLY', ...quietly), null)] : [];

/** In the joined pid and net namespaces, of which a new /proc and /sys are; before rights are lost with a user namespace. */
export function viewCalls({ proc, sys, files, tools, closed }: View): Call[] {
  // Who is root outside, too, could change the whole machine through its /proc/sys.
  if (closed) return [mount('proc', '/proc', 'proc', flags(mountFlags, 'MS_RDONLY', ...quietly), null)];
  return [
    ...(sys ?? []).map(path => take(path, held(path), 'with what is below')),
    ...(tools && tools.directory !== '/' ? moveInto(tools.directory) : []),
    // EBUSY: it is that very one already, where the host's own files show what the helper itself has left.
    ...(proc ? [mount('proc', '/proc', 'proc', quiet, null, ['EBUSY'])] : []),
    ...(sys
      ? [mount('sysfs', '/sys', 'sysfs', quiet, null, ['EBUSY']), ...sys.flatMap(path => place({ resultOf: held(path) }, path))]
      : []),
    ...files.map(({ from, to }) => bind(from, to, ['ENOENT', 'ENOTDIR'])),
    ...(tools ? show(tools) : []),
  ];
}

/** What every root directory of programs needs from the host: devices, and a /run of its own. */
const moveInto = (directory: string): Call[] => [
  take('/dev', held('/dev'), 'with what is below'),
  { call: 'chdir', arguments: [directory] },
  { call: 'chroot', arguments: ['.'] },
  { call: 'chdir', arguments: ['/'] },
  ...place({ resultOf: held('/dev') }, '/dev'),
  mount('tmpfs', '/run', 'tmpfs', plain, 'mode=755'),
];

/** Nobody can be kept from looking on the way: the helper's own directory is root's alone. */
const show = (tools: Tools): Call[] =>
  tools.directory === '/'
    ? [mount('tmpfs', tools.cover, 'tmpfs', plain, 'mode=755'), mkdir(shownAt(tools)), ...placeFiles(tools, shownAt(tools))]
    : showBelow('', tools);

/** Makes the directories on the way. */
function showBelow(root: string, tools: Tools): Call[] {
  const parts = shownAt(tools).split('/');
  const above = parts.map((_, index) => `${root}${parts.slice(0, index + 1).join('/')}`).slice(1);
  return [...above.map(path => mkdir(path, ['EEXIST'])), ...placeFiles(tools, `${root}${shownAt(tools)}`)];
}

/** Whatever lies there is to be looked at: none of it is run, and none is a device. What is mounted there later is not in the target. */
function placeFiles({ writable }: Tools, at: string): Call[] {
  const never = ['MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV', 'MOUNT_ATTR_NOEXEC'] as const;
  return [
    restrict(writable ? never : ['MOUNT_ATTR_RDONLY', ...never], { resultOf: FILES }, ''),
    ...place({ resultOf: FILES }, at),
    mount(null, at, null, flags(mountFlags, 'MS_REC', 'MS_SLAVE'), null),
  ];
}
