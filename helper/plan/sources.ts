// The directories and files of the caller that a sandbox mounts. They are taken before its user
// namespace is made: only then is what is read-only locked, so that root inside cannot make it writable.
import { constants } from 'node:fs';
import type { Definition } from '../protocol/definition/definition.ts';
import { isIdmapped, type Mount } from '../protocol/definition/mounts.ts';
import { here, setgroups } from '../stage/calls.ts';
import { type Care, close, emptyFile, hold, holdOpen, mkdir, mount, place, plain, restrict, take, takeHeld } from '../stage/mount-calls.ts';
import { type Argument, type Call, flags } from '../stage/program.ts';
import { mountFlags, O_CLOEXEC } from '../sys/flags.ts';
import type { Facts } from './facts.ts';
import { escaped, outsideOf } from './root-files.ts';

interface Source {
  readonly name: string;
  readonly path: string;
  readonly readonly: boolean;
  /** A layer lends its files to a directory that is not itself, and asks nobody any more who may look into it. */
  readonly layer?: true;
}

const ROOT = 'root directory';
const mountName = (index: number): string => `mount ${index}`;
const lowerName = (index: number, layer: number): string => `mount ${index} layer ${layer}`;

const sourcesOfMount = (each: Mount, index: number): Source[] => {
  if (each.type === 'bind' && !each.idmap) return [{ name: mountName(index), path: each.source, readonly: each.readonly }];
  if (each.type === 'overlay')
    return each.lower.map((path, layer) => ({ name: lowerName(index, layer), path, readonly: true, layer: true }));
  return [];
};

/** All that a definition takes from the host by path, with the caller's rights. */
export const sourcesOf = ({ root, mounts = [] }: Definition): Source[] => [
  ...(typeof root === 'object' && 'directory' in root ? [{ name: ROOT, path: root.directory, readonly: root.readonly }] : []),
  ...mounts.flatMap(sourcesOfMount),
];

/** Those that the helper takes itself, for root, before the stage starts. */
export const idmappedSources = ({ mounts = [] }: Definition): Source[] =>
  mounts.flatMap((each, index) => (isIdmapped(each) ? [{ name: mountName(index), path: each.source, readonly: each.readonly }] : []));

const takenAt = (staging: string): string => `${staging}/taken`;
const placeOf = (staging: string, name: string): string => `${takenAt(staging)}/${name.replaceAll(' ', '-')}`;
export const rootSource = (staging: string): string => placeOf(staging, ROOT);

/** As root of the host, but with the caller's rights to paths: what the caller cannot reach is not taken. */
export function takeSources(definition: Definition, facts: Facts): Call[] {
  const { staging, unpacked } = facts;
  const sources = sourcesOf(definition);
  const mapped = idmappedSources(definition);
  const made = (definition.mounts ?? []).flatMap((each, index) => makeSource(each, index, facts));
  if (sources.length + mapped.length + made.length === 0 && !unpacked) return [];
  return [
    mkdir(takenAt(staging)),
    ...(unpacked ? [mkdir(rootSource(staging)), mount(unpacked.into, rootSource(staging), null, flags(mountFlags, 'MS_BIND'), null)] : []),
    ...(sources.length > 0 ? takeAsCaller(sources, facts) : []),
    ...mapped.flatMap(each => placeTaken(each, { handle: each.name }, facts)),
    ...made,
  ];
}

const makePlace = ({ name, path }: Source, { staging, files }: Facts): Call =>
  files.has(path) ? emptyFile(placeOf(staging, name)) : mkdir(placeOf(staging, name));

const placeTaken = (source: Source, mount: Argument, facts: Facts): Call[] => [
  makePlace(source, facts),
  ...(source.readonly ? [restrict(['MOUNT_ATTR_RDONLY'], mount, '')] : []),
  ...place(mount, placeOf(facts.staging, source.name)),
];

const fsIds = (uid: number, gid: number): Call[] => [
  { call: 'setfsgid', arguments: [gid] },
  { call: 'setfsuid', arguments: [uid] },
];

/** What root of the host does with no more rights to files than somebody else has. */
export const withRightsOf = (uid: number, gid: number, groups: readonly number[], calls: readonly Call[]): Call[] => [
  setgroups(groups),
  ...fsIds(uid, gid),
  ...calls,
  ...fsIds(0, 0),
];

function takeAsCaller(sources: readonly Source[], facts: Facts): Call[] {
  const { uid, gid, groups } = facts;
  const held = ({ name }: Source): string => `caller's ${name}`;
  // The links of /proc ask for no right to what they lead to but that to trace, which the stage still has.
  const taken = sources.map(each => (each.layer ? holdOpen : hold)(each.path, 'no magic links', held(each)));
  return [
    ...withRightsOf(uid, gid, groups, taken),
    ...sources.flatMap(each => [takeHeld(held(each), each.name), ...placeTaken(each, { resultOf: each.name }, facts), close(held(each))]),
  ];
}

/** What is put together from parts before it can be mounted. */
function makeSource(each: Mount, index: number, facts: Facts): Call[] {
  const at = placeOf(facts.staging, mountName(index));
  if (each.type === 'overlay') {
    const [upper, work] = [`${at}-upper`, `${at}-work`];
    const layers = each.lower.map((_, layer) => escaped(placeOf(facts.staging, lowerName(index, layer)))).join(':');
    const data = `lowerdir=${layers},upperdir=${escaped(upper)},workdir=${escaped(work)}`;
    return [...[at, upper, work].map(path => mkdir(path)), owned(upper, facts), mount('overlay', at, 'overlay', plain, data)];
  }
  if (each.type !== 'file') return [];
  const file = `content of ${mountName(index)}`;
  const content = Buffer.from(each.content);
  const how = { text: 'O_CREAT|O_WRONLY|O_CLOEXEC', value: constants.O_CREAT | constants.O_WRONLY | O_CLOEXEC };
  return [
    { call: 'openat', arguments: [here, at, how, { text: `0${each.mode}`, value: Number.parseInt(each.mode, 8) }], as: file },
    { call: 'write', arguments: [{ resultOf: file }, { bytes: content, text: `<${content.length} bytes>` }, content.length] },
    close(file),
    owned(at, facts),
  ];
}

/** It belongs to root inside, not to root outside, whom the sandbox does not know. */
const owned = (path: string, { uids, gids }: Facts): Call => ({
  call: 'fchownat',
  arguments: [here, path, outsideOf(uids), outsideOf(gids), 0],
});

const needsSource = (each: Mount): boolean => each.type === 'bind' || each.type === 'overlay' || each.type === 'file';

/** Taken once more from within, when the locks are on. */
export const ownSources = ({ mounts = [] }: Definition, staging: string): Call[] =>
  mounts.flatMap((each, index) =>
    needsSource(each) ? [take(placeOf(staging, mountName(index)), mountName(index), 'with what is below')] : [],
  );

export const placeSource = (index: number, path: string, care: Care): Call[] => place({ resultOf: mountName(index) }, path, care);
