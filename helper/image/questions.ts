// What the helper's main thread asks an unpacking thread, and what that answers.
import type { Failure } from '../protocol/failure.ts';
import type { Caller } from './as-caller.ts';
import type { Limits } from './budget.ts';
import type { IdMaps } from './member.ts';

/** What an image says about how to start it: hostile text, for defaults. */
export interface ImageConfig {
  readonly environment: Readonly<Record<string, string>>;
  /** Its entrypoint and what follows that, as one. */
  readonly command?: readonly string[];
  readonly directory?: string;
  /** As the image has it: a name or a number, maybe with a group after a colon. */
  readonly user?: string;
}

export interface Source {
  /** A tar archive, or an OCI image layout directory. */
  readonly kind: 'archive' | 'image';
  /** Absolute, opened with the caller's rights. */
  readonly path: string;
  /** Which image of a layout: its name or digest in index.json. */
  readonly reference?: string;
}

export interface Job {
  readonly source: Source;
  readonly caller: Caller;
  /** An empty directory that only root can reach: its parent is closed to everybody else. */
  readonly into: string;
  readonly maps: IdMaps;
  readonly limits: Limits;
}

export interface Unpacked {
  /** Of an image. */
  readonly config?: ImageConfig;
  /** Files, directories and links that were made. */
  readonly files: number;
  /** Of the contents of all files. */
  readonly sizeBytes: number;
  /** How many of them have an owner or a group that is not mapped, and now belong to root inside. */
  readonly unmapped: number;
}

export type Asked =
  | { readonly do: 'unpack'; readonly job: Job }
  /** Ends an unpacking that is under way; it answers with a failure when all is taken away. */
  | { readonly do: 'abort' }
  | { readonly do: 'empty' | 'remove'; readonly path: string };

/** What the thread says before its answer: it has heard that it should end, and will. */
export type Leaving = { readonly kind: 'leaving' };

export type Answer = { readonly kind: 'done'; readonly unpacked?: Unpacked } | { readonly kind: 'failure'; readonly failure: Failure };
