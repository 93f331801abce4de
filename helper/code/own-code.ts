// What the helper executes besides the bundle that it was started from. All of it is taken when it starts, into memory
// that nobody can write to: the extension's folder belongs to the user, whose other programs, those in a sandbox too,
// can put something else there, and it would run as root.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import { sealedCopy } from '../sys/sealed-copy.ts';

export const parts = [
  'koffi.node',
  'walk.so',
  'stage',
  'relay',
  'discovery-worker.cjs',
  'looking-worker.cjs',
  'unpack-worker.cjs',
  'keeper.cjs',
] as const;
export type Part = (typeof parts)[number];

/** The descriptors of the copies. A thread has those of its process. */
const taken = new Map<Part, number>(isMainThread ? [] : (Object.entries((workerData as HandedOn).code) as [Part, number][]));

/** @param folder where the parts lie, beside the bundle */
export function takeCode(folder = import.meta.dirname): void {
  for (const part of parts) if (!taken.has(part)) taken.set(part, sealedCopy(join(folder, part), `burrow-${part}`));
}

/** @returns a descriptor for reading that stays open */
export function descriptorOf(part: Part): number {
  const fd = taken.get(part);
  if (fd === undefined) throw new Error(`${part} was not taken at the start`);
  return fd;
}

/** By which this process, and no other, opens it. */
export const pathOf = (part: Part): string => `/proc/self/fd/${descriptorOf(part)}`;

/** The text of a thread's bundle. Node calls a text that it was given `[worker eval]`, from where no module can be required. */
export const sourceOf = (part: Part): string => `__filename = ${JSON.stringify(pathOf(part))};\n${readFileSync(pathOf(part), 'utf8')}`;

/** What a thread gets as its `workerData`, to find the parts by. */
export interface HandedOn {
  readonly code: Readonly<Partial<Record<Part, number>>>;
}

export const handedOn = (): HandedOn => ({ code: Object.fromEntries(taken) });
