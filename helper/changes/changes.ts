// What a sandbox with a thrown-away root wrote, told by a walk over its upper layers. It runs in the helper, not
// in a process of its own: names are read by libuv's threads in small parts, and what is synchronous is one open(2)
// for each directory, in memory here and just looked up by the sandbox itself there.
import { closeSync, constants, openSync, type Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import type { Result } from '../protocol/methods.ts';
import { hasVanished } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { reopenPath } from '../sys/in-root.ts';
import { isOpaque, isWhiteout, type Layer, layersOf, openDirectory, openLower } from './layers.ts';

export type Changes = Result<'sandbox/changes'>;
export type Change = Changes['changes'][number];

const MAX_CHANGES = 10_000;
/** Directories that are there only because something below them changed count here, and not as changes. */
const MAX_LOOKS = 100_000;
const NAMES_AT_A_TIME = 64;

/**
 * All that differs from this machine's files, the directories before what is in them. A path whose name is no UTF-8
 * is told with U+FFFD and not looked below.
 * @param staging a descriptor of the directory that holds `upper/0`, `upper/1` …; O_PATH will do
 * @param disks mount points besides `/`, in the order in which their layers were made
 */
export async function changesOf(staging: number, disks: readonly string[]): Promise<Changes> {
  const host = openSync('/', O_PATH | constants.O_DIRECTORY);
  const walk: Walk = { staging, host, changes: [], looks: 0 };
  let complete = true;
  try {
    for (const layer of layersOf(disks)) complete &&= await walkLayer(walk, layer);
  } finally {
    closeSync(host);
  }
  return { changes: walk.changes, cut: !complete };
}

interface Walk {
  readonly staging: number;
  /** This machine's root directory. */
  readonly host: number;
  readonly changes: Change[];
  looks: number;
}

interface Place {
  /** Below the layer, with a slash at its front; empty for its root. */
  readonly path: string;
  /** Something above it hides all that this machine has there. */
  readonly hidden: boolean;
}

/** @returns false when there is more than was told */
async function walkLayer(walk: Walk, layer: Layer): Promise<boolean> {
  const waiting: Place[] = [{ path: '', hidden: false }];
  let complete = true;
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const below = await walkDirectory(walk, layer, place);
    if (!below) return false;
    for (const path of below.directories) waiting.push({ path, hidden: below.hidden });
    complete &&= below.complete;
  }
  return complete;
}

interface Below {
  readonly directories: readonly string[];
  readonly hidden: boolean;
  readonly complete: boolean;
}

/** @returns undefined when the limits are reached */
async function walkDirectory(walk: Walk, layer: Layer, { path, hidden }: Place): Promise<Below | undefined> {
  const fd = openDirectory(walk.staging, `${layer.upper}${path}`);
  // Gone since its name was read; or its path is longer than the kernel takes, as of directories that were entered one by one.
  if (fd === undefined) return { directories: [], hidden, complete: Buffer.byteLength(path) < LONG_PATH_BYTES };
  const lower = openLower(walk.host, join(layer.lower, path));
  try {
    const opaque = hidden || isOpaque(fd);
    const directories: string[] = [];
    const names = new Set<string>();
    let complete = true;
    for await (const part of namesIn(fd)) {
      walk.looks += part.length;
      for (const found of await Promise.all(part.map(name => look(fd, lower, name)))) {
        if (!found) continue;
        if (opaque) names.add(found.name.toString('latin1'));
        const text = found.name.toString('utf8');
        const change = changeOf(found, join(layer.lower, `${path}/${text}`));
        if (walk.changes.length === MAX_CHANGES || walk.looks > MAX_LOOKS) return undefined;
        if (change) walk.changes.push(change);
        if (!found.upper.isDirectory()) continue;
        if (Buffer.from(text).equals(found.name)) directories.push(`${path}/${text}`);
        else complete = false;
      }
    }
    if (opaque && lower !== undefined && !(await tellHidden(walk, lower, names, join(layer.lower, path)))) return undefined;
    return { directories: directories.reverse(), hidden: opaque, complete };
  } finally {
    closeSync(fd);
    if (lower !== undefined) closeSync(lower);
  }
}

/** PATH_MAX of linux/limits.h is 4096, and the name of the layer comes first. */
const LONG_PATH_BYTES = 4000;

const join = (directory: string, path: string): string => `${directory === '/' ? '' : directory}${path}` || '/';

interface Found {
  readonly name: Buffer;
  readonly upper: Stats;
  /** What this machine has by that name. */
  readonly lower: Stats | undefined;
}

const at = (directory: number, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${reopenPath(directory)}/`), name]);

/** The descriptor stands for the directory itself and the name is a single one: no symbolic link is followed. */
async function look(directory: number, lower: number | undefined, name: Buffer): Promise<Found | undefined> {
  const [upper, below] = await Promise.all([statOf(directory, name), lower === undefined ? undefined : statOf(lower, name)]);
  return upper && { name, upper, lower: below };
}

async function statOf(directory: number, name: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(at(directory, name));
  } catch (error) {
    if (hasVanished(error)) return undefined;
    throw error;
  }
}

/** As latin1, in which every byte is a character: a name may hold any but the slash and NUL. */
async function* namesIn(directory: number): AsyncGenerator<Buffer[]> {
  let part: Buffer[] = [];
  for await (const { name } of await opendir(reopenPath(directory), { encoding: 'latin1', bufferSize: NAMES_AT_A_TIME })) {
    part.push(Buffer.from(name, 'latin1'));
    if (part.length < NAMES_AT_A_TIME) continue;
    yield part;
    part = [];
  }
  yield part;
}

function changeOf({ upper, lower }: Found, path: string): Change | undefined {
  if (isWhiteout(upper)) return lower && { path, kind: 'removed', type: typeOf(lower), sizeBytes: lower.size };
  const change = { path, type: typeOf(upper), sizeBytes: upper.size };
  if (!lower) return { ...change, kind: 'added' };
  return isOnlyOnTheWay(upper, lower) ? undefined : { ...change, kind: 'changed' };
}

/** overlayfs copies every directory up in which something changes. */
const isOnlyOnTheWay = (upper: Stats, lower: Stats): boolean =>
  upper.isDirectory() && lower.isDirectory() && upper.mode === lower.mode && upper.uid === lower.uid && upper.gid === lower.gid;

const typeOf = (stat: Stats): Change['type'] =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other';

/** Of an opaque directory all that is only below has been removed. */
async function tellHidden(walk: Walk, lower: number, names: ReadonlySet<string>, path: string): Promise<boolean> {
  for await (const part of namesIn(lower)) {
    walk.looks += part.length;
    for (const name of part) {
      if (names.has(name.toString('latin1'))) continue;
      const stat = await statOf(lower, name);
      if (!stat) continue;
      if (walk.changes.length === MAX_CHANGES || walk.looks > MAX_LOOKS) return false;
      walk.changes.push({ path: join(path, `/${name.toString('utf8')}`), kind: 'removed', type: typeOf(stat), sizeBytes: stat.size });
    }
  }
  return true;
}
