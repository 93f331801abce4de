// What a definition mounts besides what every sandbox has.
import type { Definition } from '../protocol/definition/definition.ts';
import type { Mount } from '../protocol/definition/mounts.ts';
import { here } from '../stage/calls.ts';
import { bind, type Care, emptyFile, mkdir, mount, plain, quiet, quietly, restrict, within } from '../stage/mount-calls.ts';
import { type Call, flags } from '../stage/program.ts';
import { mountFlags } from '../sys/flags.ts';
import type { Facts } from './facts.ts';
import { outsideOf, rootOf } from './root-files.ts';
import { placeSource, withRightsOf } from './sources.ts';
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
  file: ({ path }, index) => placeSource(index, path, care),
  // A new one would not be shut where it must be.
  proc: ({ path }, _, guarded) => (guarded ? onto(path, at => [bind('/proc', at)]) : fileSystem('proc')({ path })),
  sysfs: ({ path }) => onto(path, at => [mount('sysfs', at, 'sysfs', flags(mountFlags, 'MS_RDONLY', ...quietly), null)]),
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

export const ownMounts = (definition: Definition, facts: Facts, guarded: boolean): Call[] =>
  mountsIn(definition).flatMap((each, index) => [
    ...asRootInside(facts, guarded, makeWay(each, rootOf(definition) === 'empty')),
    ...(guarded && isLate(each) ? [] : mounted(each, index, guarded)),
  ]);

const mounted = (each: Mount, index: number, guarded: boolean): Call[] =>
  (mounters[each.type] as (each: Mount, index: number, guarded: boolean) => Call[])(each, index, guarded);

/** What shows an ipc or network namespace; a guarded sandbox is mounted when it has the host's still. */
const isLate = ({ type }: Mount): boolean => type === 'mqueue' || type === 'sysfs';

export const lateOwnMounts = (definition: Definition, guarded: boolean): Call[] =>
  mountsIn(definition).flatMap((each, index) => (guarded && isLate(each) ? mounted(each, index, guarded) : []));

/** In a guarded sandbox it is still the host's root who mounts, and the path may lead to files of the host. */
function asRootInside({ uid, gid, groups, uids, gids, joined }: Facts, guarded: boolean, calls: readonly Call[]): readonly Call[] {
  if (!guarded || uid === 0 || calls.length === 0) return calls;
  // Root of a user namespace that is joined may be somebody who has more rights than the caller.
  const [user, group] = joined.user ? [uid, gid] : [outsideOf(uids), outsideOf(gids)];
  return withRightsOf(user, group, groups, calls);
}

/** An empty root has nothing to mount on; what is there already stays. */
function makeWay({ type, path }: Mount, isEmpty: boolean): Call[] {
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  const directories = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return [
    ...(isEmpty ? (type === 'file' ? directories.slice(0, -1) : directories).map(each => mkdir(each, ['EEXIST'])) : []),
    // Where the root cannot be written to the file must be there already.
    ...(type === 'file' ? [emptyFile(path, 'all')] : []),
  ];
}
