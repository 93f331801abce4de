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
import { inodeOf, ownInode } from '../sys/namespaces.ts';
import { parseNamespaceLink, readNamespace, supportedTypes } from '../sys/procfs.ts';
import { Entered, type Terms } from './entered.ts';
import { joinHolders } from './holding.ts';
import { readMaps } from './id-maps.ts';
import { Inhabitant } from './inhabitant.ts';
import { closeMemberships, openMemberships } from './memberships.ts';
import type { Probes } from './probes.ts';
import { type Chosen, processOf, whileItLives } from './process-of.ts';
import { readResident } from './resident.ts';
import { requireTools } from './tools.ts';

export interface Dwelling {
  readonly sandbox: Sandbox;
  /** Start time of its init; without a process it has none. */
  readonly start: number | undefined;
  readonly terms: () => Terms;
}

export interface World {
  readonly discovery: Pick<Discovery, 'containers' | 'open'>;
  readonly sandboxes: readonly Dwelling[];
  readonly probes: Probes;
}

/**
 * @param tools a root directory of this machine whose programs see the files of the target, which runs none of its own
 * @throws Refusal `unknown` or `gone` when there is no such target, `invalid` when `types` leaves nothing of it or asks for what
 * is outside of what holds its programs, `denied` when it is paused
 */
export async function enter(target: Target, world: World, tools?: string): Promise<Entered> {
  const entered = new Entered();
  entered.tools = tools;
  try {
    if ('namespaces' in target) await openNamespaces(entered, target, world);
    else if ('sandbox' in target) await openSandbox(entered, target, world);
    else openProcess(entered, await processOf(target, world), target.types);
    if (entered.tools === undefined && !joinHolders(entered)) onlyShow(entered);
    entered.sharesUser = sharesUser(entered);
    await addMaps(entered, world);
    return entered;
  } catch (error) {
    entered[Symbol.dispose]();
    throw error;
  }
}

async function openSandbox(entered: Entered, { sandbox: key, types }: Extract<Target, { sandbox: string }>, world: World): Promise<void> {
  const found = world.sandboxes.find(({ sandbox }) => sandbox.id === key || sandbox.name === key);
  if (!found) throw new Refusal('unknown', `There is no sandbox called ${key}.`, { subject: key });
  const { sandbox, start, terms } = found;
  const { pid, name: label } = sandbox;
  if (pid === undefined) await openKept(entered, sandbox, types, world);
  else openProcess(entered, { pid, start, label }, types);
  // Who brings the host's programs along is not held to what those of the sandbox are held to.
  if (entered.tools === undefined && (entered.takesPlace || pid === undefined)) entered.terms = terms();
}

/** Its namespaces live without a process; those that are the host's are none to join. */
async function openKept(
  entered: Entered,
  { name, namespaces }: Sandbox,
  types: readonly NamespaceType[] | undefined,
  world: World,
): Promise<void> {
  const own = namespaceTypes.flatMap(type => {
    const inode = namespaces[type];
    return inode === undefined ? [] : [{ type, inode }];
  });
  await openNamespaces(entered, { namespaces: own, ...(types && { types: [...types] }) }, world);
  entered.label = name;
}

function openProcess(entered: Entered, chosen: Chosen, types: readonly NamespaceType[] | undefined): void {
  const { pid, thread, label } = chosen;
  const proc = `/proc/${pid}/task/${thread ?? pid}`;
  entered.label = label;
  try {
    whileItLives(chosen, proc, began => {
      // Its files can be shown only from within their mount namespace, also to who asked for others alone.
      const wanted = new Set([...(types ?? supportedTypes), ...(entered.tools === undefined ? [] : (['mnt'] as const))]);
      for (const type of wanted) addNamespace(entered, type, openSync(`${proc}/ns/${type}`, 'r'));
      settle(entered, { pid, proc, began }, types);
      entered.member = pid;
    });
  } catch (error) {
    throw hasVanished(error) ? new Refusal('gone', `${label} ended a moment ago.`, { subject: label }) : error;
  }
}

/** The thread that is read, of which process, and when it began. */
interface Read {
  readonly pid: number;
  readonly proc: string;
  readonly began: number;
}

/** What only a process shows, once it is known which of its namespaces are joined. */
function settle(entered: Entered, { pid, proc, began }: Read, types: readonly NamespaceType[] | undefined): void {
  const { tools } = entered;
  entered.takesPlace = tools === undefined && (types === undefined || types.includes('mnt'));
  entered.isWhole = entered.takesPlace && types === undefined;
  if (tools !== undefined || entered.takesPlace) entered.root = openSync(`${proc}/root`, O_PATH | files.O_DIRECTORY);
  entered.inhabitant = new Inhabitant(proc);
  entered.resident = readResident(pid, proc, began, entered.root);
  // All that differ were joined, unless somebody chose.
  const left =
    types === undefined ? [] : supportedTypes.filter(type => parseNamespaceLink(readlinkSync(`${proc}/ns/${type}`)) !== ownInode(type));
  entered.ownTypes = new Set([...entered.namespaces.keys(), ...left]);
  if (entered.takesPlace) join(entered);
  if (entered.takesPlace && !entered.namespaces.has('mnt') && isOwnRoot(entered.root)) entered.root = closed(entered.root);
}

/**
 * Its own programs would run in a pid namespace that is not theirs: this machine's look at its files instead.
 * @throws Refusal `unsupported` where the helper may not show them
 */
function onlyShow(entered: Entered): void {
  requireTools('/');
  entered.tools = '/';
  entered.takesPlace = false;
  entered.notices.push(`nothing shows which pid namespace the programs of ${entered.label} belong to, so none of them runs`);
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

async function openNamespaces(
  entered: Entered,
  { namespaces, types }: Extract<Target, { namespaces: unknown }>,
  world: World,
): Promise<void> {
  const chosen = namespaces.filter(each => types?.includes(each.type) ?? true);
  if (chosen.length === 0) throw new Refusal('invalid', 'None of the namespaces is of the types to join.');
  entered.label = chosen.map(({ type, inode }) => `${type}:[${inode}]`).join(' ');
  for (const key of chosen) {
    const { fd, members } = await world.discovery.open(key);
    addNamespace(entered, key.type, fd);
    entered.member ??= members[0]?.pid;
    if (entered.namespaces.has(key.type)) await addFiles(entered, key, members, world);
  }
}

/** The root directory of a mount namespace and who has it, the maps of a user namespace: what a process in it shows. */
async function addFiles(entered: Entered, { type, inode }: NamespaceReference, members: readonly Member[], world: World): Promise<void> {
  if (type !== 'mnt' && type !== 'user') return;
  for (const { pid, start } of members) {
    const proc = `/proc/${pid}/task/${pid}`;
    try {
      whileItLives({ pid, start, label: entered.label }, proc, began => {
        if (readNamespace(pid, type) !== inode) throw new SysError('readlink', constants.errno.ESRCH, entered.label); // it has left
        if (type === 'user') Object.assign(entered, readMaps(proc));
        else settle(entered, { pid, proc, began }, ['mnt']);
      });
      return;
    } catch (error) {
      if (!hasVanished(error)) throw error;
      leave(entered, type);
    }
  }
  if (type === 'mnt') await addRoot(entered, world);
}

/** An ordinary user's helper may not look at what it has not made. */
async function addRoot(entered: Entered, { probes }: World): Promise<void> {
  const mnt = entered.namespaces.get('mnt');
  if (mnt === undefined || process.getuid?.() !== 0) return;
  entered.root = await probes.rootIn(mnt, entered.label);
}

/** Forgets what was read of a process that turned out to be another one. */
function leave(entered: Entered, type: 'mnt' | 'user'): void {
  if (type === 'user') {
    entered.uidMap = entered.gidMap = undefined;
    return;
  }
  closeMemberships(entered.memberships);
  entered.inhabitant?.[Symbol.dispose]();
  Object.assign(entered, { root: closed(entered.root), memberships: [], resident: undefined, inhabitant: undefined, takesPlace: false });
}

function sharesUser({ inhabitant, namespaces }: Entered): boolean {
  const joined = namespaces.get('user');
  return inhabitant !== undefined && inodeOf(inhabitant.user) === (joined === undefined ? ownInode('user') : inodeOf(joined));
}

/** Of the user namespace that is joined, unless a process in it has shown them already. */
async function addMaps(entered: Entered, { probes }: World): Promise<void> {
  const { inhabitant, namespaces, label } = entered;
  const user = namespaces.get('user');
  if (user === undefined) return;
  if (inhabitant && entered.sharesUser) Object.assign(entered, inhabitant.maps);
  else if (!entered.uidMap || entered.brought.has('user')) Object.assign(entered, await probes.mapsIn(user, label));
}

/** Keeps only what differs: joining the own user namespace again is an error (EINVAL), any other is no use. */
function addNamespace(entered: Entered, type: NamespaceType, fd: number): void {
  if (inodeOf(fd) === ownInode(type)) closeSync(fd);
  else entered.namespaces.set(type, fd);
}
