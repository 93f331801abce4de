// A target becomes handles: descriptors of its namespaces and of its root directory. From here on
// nothing is looked up by pid, name or path again.
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { Place } from '../cgroup/layout.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { Member } from '../discovery/questions.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import { type NamespaceReference, type NamespaceType, namespaceTypes, type Sandbox } from '../protocol/model.ts';
import type { Target } from '../protocol/target.ts';
import type { Confinement } from '../security/confine.ts';
import { hasVanished, Refusal } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { inodeOf } from '../sys/namespaces.ts';
import { parseIdMap, readNamespace, readStat, supportedTypes } from '../sys/procfs.ts';

/** What a terminal or a command enters, held open. */
export class Entered implements Disposable {
  /** As a person calls it: `redis-1`, `pid 812`, `net:[4026532345]`. */
  readonly label: string;
  readonly namespaces = new Map<NamespaceType, number>();
  /** The root directory; only where the mnt namespace is joined. */
  root: number | undefined;
  /** How ids inside are ids outside; only where the user namespace is joined. */
  uidMap: IdMapping[] | undefined;
  gidMap: IdMapping[] | undefined;
  /** Of a sandbox. */
  terms: Terms | undefined;
  /** A process that was in it when it was opened, to be shown and not to be used. */
  member: number | undefined;
  /** /proc/PID/status of the process beside which the command will run. */
  status: string | undefined;

  constructor(label: string) {
    this.label = label;
  }

  [Symbol.dispose](): void {
    for (const fd of this.namespaces.values()) closeSync(fd);
    if (this.root !== undefined) closeSync(this.root);
  }
}

/** Under which terms a command runs in a sandbox, besides those of its namespaces. */
export interface Terms {
  /** The sandbox's control groups. */
  readonly places: readonly Place[];
  readonly confinement: Confinement;
  readonly umask: number;
  /** What the command gets where its caller says nothing else. */
  readonly user: string | undefined;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Dwelling {
  readonly sandbox: Sandbox;
  /** Start time of its init; without a process it has none. */
  readonly start: number | undefined;
  readonly terms: () => Terms;
}

export interface World {
  readonly discovery: Pick<Discovery, 'containers' | 'open'>;
  readonly sandboxes: readonly Dwelling[];
}

/**
 * @throws Refusal `unknown` or `gone` when there is no such target, `invalid` when `types` leaves nothing of it
 */
export async function enter(target: Target, world: World): Promise<Entered> {
  if ('namespaces' in target) return enterNamespaces(target, world);
  if ('sandbox' in target) return enterSandbox(target, world);
  const { pid, start, label } = await processOf(target, world);
  return enterProcess(pid, start, label, target.types);
}

async function enterSandbox({ sandbox: key, types }: Extract<Target, { sandbox: string }>, world: World): Promise<Entered> {
  const found = world.sandboxes.find(({ sandbox }) => sandbox.id === key || sandbox.name === key);
  if (!found) throw new Refusal('unknown', `There is no sandbox called ${key}.`, { subject: key });
  const { sandbox, start, terms } = found;
  const entered =
    sandbox.pid === undefined ? await enterKept(sandbox, types, world) : enterProcess(sandbox.pid, start, sandbox.name, types);
  entered.terms = terms();
  return entered;
}

/** Its namespaces live without a process; those that are the host's are none to join. */
function enterKept({ name, namespaces }: Sandbox, types: readonly NamespaceType[] | undefined, world: World): Promise<Entered> {
  const own = namespaceTypes.flatMap(type => {
    const inode = namespaces[type];
    return inode === undefined ? [] : [{ type, inode }];
  });
  return enterNamespaces({ namespaces: own, ...(types && { types: [...types] }) }, world, name);
}

export interface Chosen {
  readonly pid: number;
  readonly start: number | undefined;
  readonly label: string;
}

export async function processOf(
  target: Exclude<Target, { namespaces: unknown } | { sandbox: unknown }>,
  { discovery }: World,
): Promise<Chosen> {
  if ('pid' in target) return { pid: target.pid, start: target.start, label: `pid ${target.pid}` };
  const { container } = target;
  const found = await discovery.containers(container);
  const [only] = found;
  if (!only) throw new Refusal('unknown', `There is no container called ${container}.`, { subject: container });
  if (found.length > 1) {
    throw new Refusal(
      'invalid',
      `${container} is the name of ${found.length} containers; use the id of one: ${found.map(each => each.id).join(', ')}.`,
    );
  }
  return { pid: only.pid, start: only.start, label: only.name };
}

function enterProcess(pid: number, start: number | undefined, label: string, types: readonly NamespaceType[] = supportedTypes): Entered {
  const ended = (): Refusal => new Refusal('gone', `${label} ended a moment ago.`, { subject: label });
  const entered = new Entered(label);
  let pidfd: number | undefined;
  try {
    pidfd = sys('pidfd_open', label, pid, 0);
    if (start !== undefined && readStat(pid).start !== start) throw ended();
    for (const type of types) addNamespace(entered, type, openSync(`/proc/${pid}/ns/${type}`, 'r'));
    if (entered.namespaces.has('mnt')) entered.root = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
    if (entered.namespaces.has('user')) addMaps(entered, pid);
    entered.member = pid;
    entered.status = readFileSync(`/proc/${pid}/status`, 'latin1');
    // Still the same process now: then all that was read under its number was its own.
    sys('pidfd_send_signal', label, pidfd, 0);
    return entered;
  } catch (error) {
    entered[Symbol.dispose]();
    throw hasVanished(error) ? ended() : error;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}

async function enterNamespaces(
  { namespaces, types }: Extract<Target, { namespaces: unknown }>,
  { discovery }: World,
  label?: string,
): Promise<Entered> {
  const chosen = namespaces.filter(each => types?.includes(each.type) ?? true);
  const [first] = chosen;
  if (!first) throw new Refusal('invalid', 'None of the namespaces is of the types to join.');
  const entered = new Entered(label ?? chosen.map(({ type, inode }) => `${type}:[${inode}]`).join(' '));
  try {
    for (const key of chosen) {
      const { fd, members } = await discovery.open(key);
      addNamespace(entered, key.type, fd);
      entered.member ??= members[0]?.pid;
      if (entered.namespaces.has(key.type)) addFiles(entered, key, members);
    }
    return entered;
  } catch (error) {
    entered[Symbol.dispose]();
    throw error;
  }
}

/** What only a process shows: the root directory of a mount namespace, the maps of a user namespace. */
function addFiles(entered: Entered, { type, inode }: NamespaceReference, members: readonly Member[]): void {
  if (type !== 'mnt' && type !== 'user') return;
  for (const { pid } of members) {
    try {
      // It may have left, or its number may be another's by now.
      if (readNamespace(pid, type) !== inode) continue;
      if (type === 'mnt') entered.root ??= openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
      else addMaps(entered, pid);
      return;
    } catch (error) {
      if (!hasVanished(error)) throw error;
    }
  }
}

/** Keeps only what differs: joining the own user namespace again is an error (EINVAL), any other is no use. */
function addNamespace(entered: Entered, type: NamespaceType, fd: number): void {
  if (inodeOf(fd) === readNamespace('self', type)) closeSync(fd);
  else entered.namespaces.set(type, fd);
}

function addMaps(entered: Entered, pid: number): void {
  entered.uidMap = parseIdMap(readFileSync(`/proc/${pid}/uid_map`, 'utf8'));
  entered.gidMap = parseIdMap(readFileSync(`/proc/${pid}/gid_map`, 'utf8'));
}
