// The directories and files of the caller that a sandbox mounts. They are taken before its user
// namespace is made: only then is what is read-only locked, so that root inside cannot make it writable.
import { constants } from 'node:fs';
import type { Definition } from '../protocol/definition/definition.ts';
import { setgroups } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { here, mkdir, place, restrict, take, takeHeld } from './mount-calls.ts';
import type { StageFacts } from './stage-steps.ts';

interface Source {
  readonly name: string;
  readonly path: string;
  readonly readonly: boolean;
}

const ROOT = 'root directory';
export const sourceName = (index: number): string => `mount ${index}`;

/** All that a definition takes from the host by path. */
export const sourcesOf = ({ root, mounts }: Definition): Source[] => [
  ...(typeof root === 'string' ? [] : [{ name: ROOT, path: root.directory, readonly: root.readonly }]),
  ...mounts.flatMap((each, index) =>
    each.type === 'bind' ? [{ name: sourceName(index), path: each.source, readonly: each.readonly }] : [],
  ),
];

const placeOf = (staging: string, name: string): string => `${staging}/taken/${name.replaceAll(' ', '-')}`;
export const rootSource = (staging: string): string => placeOf(staging, ROOT);

/** As root of the host, but with the caller's rights to paths: what the caller cannot reach is not taken. */
export function takeSources(definition: Definition, { staging, uid, gid, groups, files }: StageFacts): Call[] {
  const sources = sourcesOf(definition);
  if (sources.length === 0) return [];
  const held = ({ name }: Source): string => `caller's ${name}`;
  const as = (user: number, group: number): Call[] => [
    { call: 'setfsgid', arguments: [group] },
    { call: 'setfsuid', arguments: [user] },
  ];
  return [
    mkdir(`${staging}/taken`),
    ...sources.map(each => (files.has(each.path) ? emptyFile(placeOf(staging, each.name)) : mkdir(placeOf(staging, each.name)))),
    setgroups(groups),
    ...as(uid, gid),
    ...sources.map(each => take(each.path, held(each), 'as a handle')),
    ...as(0, 0),
    ...sources.flatMap(each => [
      takeHeld(held(each), each.name),
      ...(each.readonly ? [restrict(['MOUNT_ATTR_RDONLY'], { resultOf: each.name }, '')] : []),
      ...place(each.name, placeOf(staging, each.name)),
    ]),
  ];
}

/** Taken once more from within, when the locks are on. */
export const ownSources = (definition: Definition, staging: string): Call[] =>
  sourcesOf(definition)
    .filter(({ name }) => name !== ROOT)
    .map(each => take(placeOf(staging, each.name), each.name, 'with what is below'));

const emptyFile = (path: string): Call => ({
  call: 'mknodat',
  arguments: [here, path, { text: 'S_IFREG|0644', value: constants.S_IFREG | 0o644 }, 0],
});
