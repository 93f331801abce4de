// A target becomes handles: descriptors of its namespaces and of its root directory. From here on
// nothing is looked up by pid, name or path again.
import { closeSync, constants as files, fstatSync, openSync, readlinkSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import type { Discovery } from '../discovery/discovery.ts';
import type { Member } from '../discovery/questions.ts';
import { type NamespaceReference, type NamespaceType, namespaceTypes, type Sandbox } from '../protocol/model.ts';
import type { Target } from '../protocol/target.ts';
import { hasVanished, Refusal, SysError } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { inodeOf } from '../sys/namespaces.ts';
import { processText } from '../sys/process-files.ts';
import { parseIdMap, parseNamespaceLink, parseStat, readNamespace, supportedTypes } from '../sys/procfs.ts';
import { Entered, type Terms } from './entered.ts';
import { mapsOf } from './id-maps.ts';
import { closeMemberships, openMemberships } from './memberships.ts';
import { readResident } from './resident.ts';

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

/** What of it the command is to have. */
export interface Wish {
  /** The programs are of elsewhere, and the root directory of the target is only shown to them. */
  readonly foreignTools: boolean;
}

/**
 * @throws Refusal `unknown` or `gone` when there is no such target, `invalid` when `types` leaves nothing of it,
 * `denied` when it is paused
 */
export async function enter(target: Target, world: World, wish: Wish = { foreignTools: false }): Promise<Entered> {
  if ('namespaces' in target) return enterNamespaces(target, world, wish);
  if ('sandbox' in target) return enterSandbox(target, world, wish);
  return enterProcess(await processOf(target, world), target.types, wish);
}

async function enterSandbox({ sandbox: key, types }: Extract<Target, { sandbox: string }>, world: World, wish: Wish): Promise<Entered> {
  const found = world.sandboxes.find(({ sandbox }) => sandbox.id === key || sandbox.name === key);
  if (!found) throw new Refusal('unknown', `There is no sandbox called ${key}.`, { subject: key });
  const { sandbox, start, terms } = found;
  const { pid, name: label } = sandbox;
  const entered = pid === undefined ? await enterKept(sandbox, types, world, wish) : enterProcess({ pid, start, label }, types, wish);
  // Who brings the host's programs along is not held to what those of the sandbox are held to.
  if (entered.takesPlace || pid === undefined) entered.terms = terms();
  return entered;
}

/** Its namespaces live without a process; those that are the host's are none to join. */
function enterKept({ name, namespaces }: Sandbox, types: readonly NamespaceType[] | undefined, world: World, wish: Wish): Promise<Entered> {
  const own = namespaceTypes.flatMap(type => {
    const inode = namespaces[type];
    return inode === undefined ? [] : [{ type, inode }];
  });
  return enterNamespaces({ namespaces: own, ...(types && { types: [...types] }) }, world, wish, name);
}

export interface Chosen {
  readonly pid: number;
  readonly start: number | undefined;
  /** One of its threads that is meant instead. */
  readonly thread?: number | undefined;
  readonly label: string;
}

export async function processOf(
  target: Exclude<Target, { namespaces: unknown } | { sandbox: unknown }>,
  { discovery }: World,
): Promise<Chosen> {
  if ('pid' in target) {
    const { pid, start, thread } = target;
    return { pid, start, thread, label: thread === undefined ? `pid ${pid}` : `thread ${thread} of pid ${pid}` };
  }
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

function enterProcess({ pid, start, thread, label }: Chosen, types: readonly NamespaceType[] | undefined, wish: Wish): Entered {
  const entered = new Entered(label);
  const proc = `/proc/${pid}/task/${thread ?? pid}`;
  try {
    whileItLives({ pid, start, label }, proc, began => {
      for (const type of types ?? supportedTypes) addNamespace(entered, type, openSync(`${proc}/ns/${type}`, 'r'));
      settle(entered, { proc, began }, types, wish);
      entered.member = pid;
    });
    return entered;
  } catch (error) {
    entered[Symbol.dispose]();
    throw hasVanished(error) ? new Refusal('gone', `${label} ended a moment ago.`, { subject: label }) : error;
  }
}

/**
 * Reads something of a process. When it is still the same process and the same thread afterwards, all that was read
 * under their numbers was their own.
 * @param proc `/proc/812/task/815`
 * @throws SysError ESRCH when it is not the one meant
 */
function whileItLives({ pid, start, label }: Chosen, proc: string, read: (began: number) => void): void {
  const startOf = (path: string): number => parseStat(processText(path, 'stat', 'latin1')).start;
  const pidfd = sys('pidfd_open', label, pid, 0);
  try {
    const began = startOf(proc);
    if (start !== undefined && startOf(`/proc/${pid}`) !== start) throw new SysError('pidfd_open', constants.errno.ESRCH, label);
    read(began);
    sys('pidfd_send_signal', label, pidfd, 0);
    if (startOf(proc) !== began) throw new SysError('pidfd_open', constants.errno.ESRCH, label);
  } finally {
    closeSync(pidfd);
  }
}

/** The thread that is read, and when it began. */
interface Read {
  readonly proc: string;
  readonly began: number;
}

/** What only a process shows, once it is known which of its namespaces are joined. */
function settle(entered: Entered, { proc, began }: Read, types: readonly NamespaceType[] | undefined, { foreignTools }: Wish): void {
  entered.takesPlace = !foreignTools && (types === undefined || types.includes('mnt'));
  if (foreignTools || entered.takesPlace) entered.root = openSync(`${proc}/root`, O_PATH | files.O_DIRECTORY);
  if (entered.namespaces.has('user')) addMaps(entered, proc);
  entered.resident = readResident(proc, began, entered.root);
  // All that differ were joined, unless somebody chose.
  const left =
    types === undefined ? [] : supportedTypes.filter(type => parseNamespaceLink(readlinkSync(`${proc}/ns/${type}`)) !== ownInode(type));
  entered.ownTypes = new Set([...entered.namespaces.keys(), ...left]);
  if (entered.takesPlace) join(entered);
  if (entered.takesPlace && !entered.namespaces.has('mnt') && isOwnRoot(entered.root)) entered.root = closed(entered.root);
}

/** Going there would need a right (CAP_SYS_CHROOT) for nothing. */
function isOwnRoot(root: number | undefined): boolean {
  if (root === undefined) return false;
  const [theirs, own] = [fstatSync(root), statSync('/')];
  return theirs.dev === own.dev && theirs.ino === own.ino;
}

function closed(fd: number | undefined): undefined {
  if (fd !== undefined) closeSync(fd);
}

/** Its limits hold the command too. */
function join(entered: Entered): void {
  const { held, missing } = openMemberships(entered.resident?.cgroups ?? [], entered.label);
  entered.memberships = held;
  if (missing.length > 0) entered.notices.push(`not in the control groups of ${entered.label}: ${missing.join(', ')}`);
}

async function enterNamespaces(
  { namespaces, types }: Extract<Target, { namespaces: unknown }>,
  { discovery }: World,
  wish: Wish,
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
      if (entered.namespaces.has(key.type)) await addFiles(entered, key, members, wish);
    }
    return entered;
  } catch (error) {
    entered[Symbol.dispose]();
    throw error;
  }
}

/** The root directory of a mount namespace and who has it, the maps of a user namespace: what a process in it shows. */
async function addFiles(entered: Entered, { type, inode }: NamespaceReference, members: readonly Member[], wish: Wish): Promise<void> {
  if (type !== 'mnt' && type !== 'user') return;
  for (const { pid, start } of members) {
    const proc = `/proc/${pid}/task/${pid}`;
    try {
      whileItLives({ pid, start, label: entered.label }, proc, began => {
        if (readNamespace(pid, type) !== inode) throw new SysError('readlink', constants.errno.ESRCH, entered.label); // it has left
        if (type === 'user') addMaps(entered, proc);
        else settle(entered, { proc, began }, ['mnt'], wish);
      });
      return;
    } catch (error) {
      if (!hasVanished(error)) throw error;
      leave(entered, type);
    }
  }
  const user = entered.namespaces.get('user');
  if (type === 'user' && user !== undefined) Object.assign(entered, await mapsOf(user, entered.label));
}

/** Forgets what was read of a process that turned out to be another one. */
function leave(entered: Entered, type: 'mnt' | 'user'): void {
  if (type === 'user') {
    entered.uidMap = entered.gidMap = undefined;
    return;
  }
  closeMemberships(entered.memberships);
  Object.assign(entered, { root: closed(entered.root), memberships: [], resident: undefined, takesPlace: false });
}

/** The helper never leaves its own for good. */
const ownInodes = new Map<NamespaceType, number>();

function ownInode(type: NamespaceType): number {
  const inode = ownInodes.get(type) ?? readNamespace('self', type);
  ownInodes.set(type, inode);
  return inode;
}

/** Keeps only what differs: joining the own user namespace again is an error (EINVAL), any other is no use. */
function addNamespace(entered: Entered, type: NamespaceType, fd: number): void {
  if (inodeOf(fd) === ownInode(type)) closeSync(fd);
  else entered.namespaces.set(type, fd);
}

function addMaps(entered: Entered, proc: string): void {
  entered.uidMap = parseIdMap(processText(proc, 'uid_map'));
  entered.gidMap = parseIdMap(processText(proc, 'gid_map'));
}
