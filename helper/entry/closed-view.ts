// What programs of this machine see that come to be seen by a target. Root of the target may look through /proc/PID/root at
// all that such a process sees, and may take its place: so it sees the programs, read-only, and nothing else of this machine.
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newDevice, plainDevices } from '../plan/system-mounts.ts';
import { here } from '../stage/calls.ts';
import { emptyFile, mkdir, mount, place, plain, restrict, take } from '../stage/mount-calls.ts';
import { type Call, flags } from '../stage/program.ts';
import { MNT_DETACH, mountFlags } from '../sys/flags.ts';

/** Something of a root directory that programs need. */
interface Part {
  /** As it is called in there. */
  readonly path: string;
  readonly source: string;
  /** Where a symbolic link leads; otherwise it is mounted. */
  readonly link: string | undefined;
  readonly isDirectory: boolean;
}

export interface ClosedView {
  readonly parts: readonly Part[];
  /** A directory of the helper's, over which the view is put together. */
  readonly staging: string;
  /** The terminal of the command, `/dev/pts/3`. */
  readonly terminal: string | undefined;
}

/** Where a root directory keeps its programs; also those of Nix and Guix. */
const ofThisMachine = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'nix', 'gnu', 'run/current-system'];
/** Not configuration, but what finds libraries, and which of several programs a name means. */
const everywhere = ['etc/ld.so.cache', 'etc/alternatives'];
/** Of another root directory all else are programs, whatever it calls them. */
const noPrograms: ReadonlySet<string> = new Set(['dev', 'etc', 'home', 'proc', 'root', 'run', 'srv', 'sys', 'tmp', 'var']);

/** @param directory `/` for this machine's programs. @throws what node:fs says of one that cannot be listed */
export function partsOf(directory: string): Part[] {
  const names = directory === '/' ? ofThisMachine : readdirSync(directory).filter(name => !noPrograms.has(name));
  return [...names, ...everywhere].flatMap(name => partAt(`/${name}`, join(directory, name)) ?? []);
}

function partAt(path: string, source: string): Part | undefined {
  const stat = lstatSync(source, { throwIfNoEntry: false });
  if (!stat || !(stat.isSymbolicLink() || stat.isDirectory() || stat.isFile())) return undefined;
  return { path, source, link: stat.isSymbolicLink() ? readlinkSync(source) : undefined, isDirectory: stat.isDirectory() };
}

const SMALL = 'mode=755,size=1m';

/**
 * As the host's root, in a mount namespace of its own that nobody else is in yet; afterwards this machine's files are out of
 * sight. /proc is mounted later, in the pid namespace that it is to show.
 * @param showFiles mounts the target's files below a directory
 */
export function enterClosedView({ parts, staging, terminal }: ClosedView, showFiles: (root: string) => Call[]): Call[] {
  return [
    mount('tmpfs', staging, 'tmpfs', plain, SMALL),
    ...['proc', 'sys', 'tmp', 'run', 'etc', 'dev'].map(name => mkdir(`${staging}/${name}`)),
    ...parts.flatMap(part => showPart(part, staging)),
    mount('tmpfs', `${staging}/tmp`, 'tmpfs', plain, 'mode=1777,size=64m'),
    ...devices(`${staging}/dev`, terminal),
    ...showFiles(staging),
    { call: 'chdir', arguments: [staging] },
    { call: 'pivot_root', arguments: ['.', '.'] },
    { call: 'umount2', arguments: ['.', { text: 'MNT_DETACH', value: MNT_DETACH }] },
    { call: 'chdir', arguments: ['/'] },
  ];
}

function showPart({ path, source, link, isDirectory }: Part, staging: string): Call[] {
  const at = `${staging}${path}`;
  if (link !== undefined) return [{ call: 'symlinkat', arguments: [link, here, at] }];
  const held = `programs in ${source}`;
  return [
    ...(dirname(path) === '/' ? [] : [mkdir(dirname(at), ['EEXIST'])]),
    isDirectory ? mkdir(at) : emptyFile(at),
    take(source, held, 'no link, with what is below'),
    restrict(['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV'], { resultOf: held }, ''),
    ...place({ resultOf: held }, at),
  ];
}

/** No terminal but the command's own: with the host's others their users would be in reach. */
function devices(at: string, terminal: string | undefined): Call[] {
  const own = `${at}${terminal?.slice('/dev'.length)}`;
  return [
    mount('tmpfs', at, 'tmpfs', flags(mountFlags, 'MS_NOSUID'), SMALL),
    ...plainDevices.flatMap(device => newDevice(at, device)),
    { call: 'symlinkat', arguments: ['/proc/self/fd', here, `${at}/fd`] },
    mkdir(`${at}/shm`),
    mount('tmpfs', `${at}/shm`, 'tmpfs', plain, 'mode=1777,size=64m'),
    mkdir(`${at}/pts`),
    ...(terminal === undefined ? [] : [emptyFile(own), take(terminal, 'terminal', 'alone'), ...place({ resultOf: 'terminal' }, own)]),
  ];
}
