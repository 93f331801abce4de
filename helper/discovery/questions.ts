// What the helper's main thread asks the discovery thread, and what that says by itself.

import type { Failure } from '../protocol/failure.ts';
import type { Inspection } from '../protocol/inspection.ts';
import type { Container, NamespaceReference, ScanReport, Statistics } from '../protocol/model.ts';

/** A process that cannot be mistaken for a later one. */
export interface Member {
  readonly pid: number;
  readonly start: number;
}

export type FoundContainer = Pick<Container, 'engine' | 'id' | 'name' | 'uid' | 'pid' | 'start'>;

/** A namespace that is open. Descriptors belong to all threads: whoever asked closes it. */
export interface OpenedNamespace {
  readonly fd: number;
  /** Some of the processes in it. */
  readonly members: readonly Member[];
}

export interface Questions {
  /** JSON of a Snapshot, in pieces. */
  snapshot: { params: Record<never, never>; answer: Uint8Array<ArrayBuffer>[] };
  refresh: { params: { deep: boolean }; answer: ScanReport };
  statistics: { params: Record<never, never>; answer: Statistics };
  inspect: { params: NamespaceReference; answer: Inspection };
  open: { params: NamespaceReference; answer: OpenedNamespace };
  /** By id, or by id and by name. */
  containers: { params: { key: string; byId: boolean }; answer: FoundContainer[] };
  /** From now on this watcher is told what changes, beginning with everything. */
  watch: { params: { watcher: number }; answer: null };
  unwatch: { params: { watcher: number }; answer: null };
}
export type Question = keyof Questions;

export type Asked = { [Q in Question]: { readonly id: number; readonly question: Q; readonly params: Questions[Q]['params'] } }[Question];

export type Said =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure; readonly isRefusal: boolean }
  /** JSON of a Difference, for one watcher or for all. */
  | { readonly kind: 'changed'; readonly watcher: number | undefined; readonly difference: Uint8Array<ArrayBuffer> };
