import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Gaps } from './gaps.ts';

/** Where runc keeps a state.json for each container: on its own, and below containerd and Docker. */
const roots = ['/run/runc'] as const;

/** The part of libcontainer's state.json that says which process it is. */
const State = z.object({
  id: z.string(),
  init_process_pid: z.int(),
  init_process_start: z.int(),
  config: z.object({ labels: z.array(z.string()).nullish() }).optional(),
});

export interface RuncState {
  readonly id: string;
  /** Where it was read. */
  readonly path: string;
  readonly pid: number;
  readonly start: number;
  readonly labels: Record<string, string>;
}

export function readRuncStates(gaps: Gaps): RuncState[] {
  return roots.flatMap(root => list(root).flatMap(id => readState(`${root}/${id}/state.json`, gaps) ?? []));
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // runc was never used here
  }
}

function readState(path: string, gaps: Gaps): RuncState | undefined {
  try {
    const state = State.parse(JSON.parse(readFileSync(path, 'utf8')));
    const labels = Object.fromEntries((state.config?.labels ?? []).map(label => splitLabel(label)));
    return { id: state.id, path, pid: state.init_process_pid, start: state.init_process_start, labels };
  } catch (error) {
    // Another runtime's state (crun's) has no state.json; one that is being made may be cut short.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) gaps.add('runc state', path, 'unreadable');
    return undefined;
  }
}

/** `key=value`, where the value may hold `=`. */
const splitLabel = (label: string): [string, string] => [label.split('=', 1)[0] ?? label, label.slice(label.indexOf('=') + 1)];
