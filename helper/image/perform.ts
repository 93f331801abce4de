import { closeSync, constants, openSync } from 'node:fs';
import { type Unpacking, unpackArchive } from './archive.ts';
import { openFileAs } from './as-caller.ts';
import { Budget } from './budget.ts';
import { named } from './fault.ts';
import { unpackImage } from './image.ts';
import { Members, rootOf } from './member.ts';
import type { ImageConfig, Job, Source, Unpacked } from './questions.ts';
import { piecesOf } from './reading.ts';
import { emptyDirectory, namesIn } from './removal.ts';
import { Tree } from './tree.ts';

export const whatOf = ({ kind, path }: Source): string => `The ${kind} ${path}`;

/** Unpacks on this thread. On any failure `into` is empty again. @throws Refusal, SysError */
export async function performJob(job: Job, signal: AbortSignal): Promise<Unpacked> {
  const { source, caller, into, maps, limits } = job;
  requireEmpty(into);
  try {
    const budget = new Budget(into, limits);
    const members = new Members(maps);
    using tree = new Tree(into, rootOf(maps), budget);
    const unpacking: Unpacking = { tree, members, budget, caller, signal };
    const config = source.kind === 'image' ? await unpackImage(source.path, source.reference, unpacking) : await single(source, unpacking);
    tree.finish();
    return { ...(config && { config }), files: tree.made, sizeBytes: budget.contentBytes, unmapped: members.unmapped };
  } catch (error) {
    empty(into);
    throw named(error, whatOf(source), source.path);
  }
}

async function single({ path }: Source, unpacking: Unpacking): Promise<ImageConfig | undefined> {
  const fd = openFileAs(unpacking.caller, path);
  try {
    await unpackArchive(piecesOf(fd, unpacking.signal), 'archive', unpacking);
    return undefined;
  } finally {
    closeSync(fd);
  }
}

const openOwn = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

function requireEmpty(into: string): void {
  const fd = openOwn(into);
  try {
    if (namesIn(fd).length > 0) throw new Error(`${into} is not empty`);
  } finally {
    closeSync(fd);
  }
}

/** Empties a directory. @throws Refusal at a mount */
export function empty(path: string): void {
  const fd = openOwn(path);
  try {
    emptyDirectory(fd);
  } finally {
    closeSync(fd);
  }
}
