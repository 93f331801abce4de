// What a definition mounts besides what every sandbox has.
import type { Definition } from '../protocol/definition/definition.ts';
import type { Mount } from '../protocol/definition/mounts.ts';
import { type Call, flags } from '../stage/program.ts';
import { mountFlags } from '../sys/flags.ts';
import { bind, type Care, emptyFile, here, mkdir, mount, plain, quiet, restrict, within } from './mount-calls.ts';
import { rootOf } from './root-files.ts';
import { placeSource } from './sources.ts';
import { devicesAt, newDevice, sameDevice } from './system-mounts.ts';

type Kind = Mount['type'];
type Of<K extends Kind> = Extract<Mount, { type: K }>;

/** Paths are looked up in the new root, and not through what is held open. */
const care: Care = 'no magic links';

const onto = (path: string, calls: (path: string) => Call[]): Call[] => within(path, care, calls);
const fileSystem =
  (name: string) =>
  ({ path }: { path: string }): Call[] =>
    onto(path, at => [mount(name, at, name, quiet, null)]);

const mounters: { readonly [K in Kind]: (each: Of<K>, index: number, guarded: boolean) => Call[] } = {
  tmpfs: ({ path, mode, size }) =>
    onto(path, at => [mount('tmpfs', at, 'tmpfs', plain, `mode=${mode}${size === undefined ? '' : `,size=${size}`}`)]),
  bind: ({ path }, index) => placeSource(index, path, care),
  overlay: ({ path }, index) => placeSource(index, path, care),
  // Where the root cannot be written to the file must be there already.
  file: ({ path }, index) => [emptyFile(path, 'all'), ...placeSource(index, path, care)],
  proc: fileSystem('proc'),
  sysfs: fileSystem('sysfs'),
  mqueue: fileSystem('mqueue'),
  cgroup2: fileSystem('cgroup2'),
  devpts: ({ path }) => onto(path, at => [mount('devpts', at, 'devpts', flags(mountFlags, 'MS_NOSUID', 'MS_NOEXEC'), devptsData)]),
  dev: ({ path }, _, guarded) => devicesAt(path, care, guarded ? newDevice : sameDevice),
  // A file is covered by /dev/null and a directory by nothing; what is not there needs no cover.
  mask: ({ path }) => [
    bind('/dev/null', path, ['ENOENT', 'ENOTDIR']),
    mount('tmpfs', path, 'tmpfs', flags(mountFlags, 'MS_RDONLY'), 'size=0k', ['ENOENT', 'ENOTDIR']),
  ],
  readonly: ({ path }) => [bind(path, path), restrict(['MOUNT_ATTR_RDONLY'], here, path)],
};

const devptsData = 'newinstance,ptmxmode=0666,mode=620';

const usual: readonly Mount[] = [{ type: 'tmpfs', path: '/tmp', mode: '1777' }];

export const mountsIn = ({ mounts }: Definition): readonly Mount[] => mounts ?? usual;

export const ownMounts = (definition: Definition, guarded: boolean): Call[] =>
  mountsIn(definition).flatMap((each, index) => [
    ...(rootOf(definition) === 'empty' ? makeWay(each) : []),
    ...(mounters[each.type] as (each: Mount, index: number, guarded: boolean) => Call[])(each, index, guarded),
  ]);

/** An empty root has nothing to mount on; what is there already stays. */
function makeWay({ type, path }: Mount): Call[] {
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  const directories = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return (type === 'file' ? directories.slice(0, -1) : directories).map(each => mkdir(each, ['EEXIST']));
}
