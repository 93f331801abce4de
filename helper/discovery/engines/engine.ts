// What every engine's file gives: from the facts about a process to the container that it is the first process of.
import type { Container, Process } from '../../protocol/model.ts';
import type { CgroupContainer } from './cgroup.ts';
import type { Reach } from './reach.ts';
import type { RuntimeStates } from './runtimes.ts';

/** What an engine's rule goes by; read from /proc when it is asked for, not kept. */
export interface Facts {
  readonly process: Process;
  /** As of now: what a runtime starts gets another parent a moment later. */
  readonly parent: Process | undefined;
  /** The paths of its cgroups, one for each hierarchy. */
  readonly cgroups: readonly string[];
  /** The container that they are named after. */
  readonly cgroup: CgroupContainer | undefined;
  /** The parent's arguments, when it is a program that watches over containers. */
  readonly supervisor: readonly string[];
  readonly processes: ReadonlyMap<number, Process>;
  readonly reach: Reach;
  readonly runtimes: RuntimeStates;
}

/** Whose API may know a container by its id. Podman's answers Docker's requests. */
export type Api = { readonly engine: 'docker' | 'podman' } | SupervisedApi;

/** What stands above such a container says at which address its daemon is. */
export type SupervisedApi = { readonly supervisor: Process; readonly address: string } & (
  | { readonly engine: 'containerd'; readonly space: string }
  | { readonly engine: InstanceEngine }
);

/** Incus, and LXD, from which it comes. */
export type InstanceEngine = 'incus' | 'lxd';

export interface Found extends Omit<Container, 'pid' | 'start' | 'within'> {
  /** The same for all processes that this container might be known by: the oldest of them is its init. */
  readonly group: string;
  /** False while the engine may come to say more. */
  readonly complete: boolean;
  readonly api?: Api;
}

export type Rule = (facts: Facts) => Found | undefined;

/** As engines list it: nobody types all 64 digits. */
export const shortId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);

/** The user whose engine it is, for the containers that are not root's. */
export const userOf = (uid: number): { uid?: number } => (uid === 0 ? {} : { uid });

const NAME_LENGTH = 256;
const LABELS = 64;
const VALUE_LENGTH = 1024;

/** Names and labels are chosen by whoever made the container: they may be of any length and number. */
export const boundedName = (name: string): string => name.slice(0, NAME_LENGTH);

export const boundedLabels = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .slice(0, LABELS)
      .map(([key, value]) => [key.slice(0, NAME_LENGTH), value.slice(0, VALUE_LENGTH)]),
  );
