// The files in which runc and crun keep what they made.
import * as z from 'zod/mini';
import { readBundle } from './bundle.ts';
import type { Root } from './roots.ts';

export const runtimeNames = ['runc', 'crun'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

export interface RuntimeState {
  readonly runtime: RuntimeName;
  readonly id: string;
  /** Where it was read, and whose file it is. */
  readonly path: string;
  readonly uid: number;
  /** The init, as the runtime that made it sees it. */
  readonly pid: number;
  readonly start: number;
  readonly labels: Record<string, string>;
  /** Of the directory it was read in, see {@link Root.stampOf}. */
  readonly stamp: string | undefined;
}

/** The part of libcontainer's state.json that says which process it is. */
const RuncState = z.object({
  init_process_pid: z.int(),
  init_process_start: z.int(),
  config: z.optional(z.object({ labels: z.nullish(z.array(z.string())) })),
});

/** crun's `status`. */
const CrunStatus = z.object({ pid: z.int(), 'process-start-time': z.int(), bundle: z.optional(z.string()) });

/**
 * Is a directory of this name a container's? What crun keeps beside those, its cache of filters and a directory to mount on,
 * has a dot before it, and `crun list` passes over all such names; runc keeps nothing else and takes any name.
 */
export const isStateName = (runtime: RuntimeName, name: string): boolean => runtime !== 'crun' || !name.startsWith('.');

/**
 * Undefined where there is none, or one that is being made.
 * @param limitBytes one that is larger is none
 */
export function readState(root: Root, runtime: RuntimeName, directory: string, id: string, limitBytes?: number): RuntimeState | undefined {
  const stamp = root.stampOf(`${directory}/${id}`);
  const read = (runtime === 'runc' ? readRunc : readCrun)(root, directory, id, limitBytes);
  return read && { ...read, runtime, id, stamp };
}

type Read = Omit<RuntimeState, 'runtime' | 'id' | 'stamp'>;

function readRunc(root: Root, directory: string, id: string, limitBytes?: number): Read | undefined {
  const stated = root.readJson(`${directory}/${id}/state.json`, RuncState, limitBytes);
  if (!stated) return undefined;
  const { init_process_pid: pid, init_process_start: start, config } = stated.value;
  const labels = Object.fromEntries((config?.labels ?? []).map(splitLabel));
  const annotations = labels['bundle'] === undefined ? {} : readBundle(root, labels['bundle'])?.value.annotations;
  return { path: stated.path, uid: stated.uid, pid, start, labels: { ...labels, ...annotations } };
}

function readCrun(root: Root, directory: string, id: string, limitBytes?: number): Read | undefined {
  const stated = root.readJson(`${directory}/${id}/status`, CrunStatus, limitBytes);
  if (!stated) return undefined;
  const { pid, 'process-start-time': start, bundle } = stated.value;
  const labels = { ...(bundle !== undefined && { bundle }), ...readBundle(root, `${directory}/${id}`)?.value.annotations };
  return { path: stated.path, uid: stated.uid, pid, start, labels };
}

/** `key=value`, where the value may hold `=`. */
const splitLabel = (label: string): [string, string] => [label.split('=', 1)[0] ?? label, label.slice(label.indexOf('=') + 1)];
