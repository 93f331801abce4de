// A definition of a sandbox like a process that runs. Everything that is read of it is its own word, and hostile:
// what does not fit the schema is left out, and said.
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { processOf, type World } from '../entry/target.ts';
import { getLinks } from '../network/rtnetlink.ts';
import { Definition, type DefinitionInput } from '../protocol/definition/definition.ts';
import type { Result } from '../protocol/methods.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { firstProblem } from '../protocol/problem.ts';
import type { Target } from '../protocol/target.ts';
import { hasVanished, Refusal } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { visit } from '../sys/namespaces.ts';
import { RouteSocket } from '../sys/netlink.ts';
import { processBytes, processText } from '../sys/process-files.ts';
import { readNamespace, readStat, supportedTypes } from '../sys/procfs.ts';
import { workingDirectory } from '../sys/working-directory.ts';
import { mountsLike, rootLike } from './files.ts';
import { limitsLike } from './limits.ts';
import { securityLike, userLike, usersLike } from './rights.ts';

/** Which process, and what people call it. */
export interface Model {
  readonly pid: number;
  /** See Process: makes a stale pid refuse. */
  readonly start: number | undefined;
  readonly label: string;
}

export interface Wish {
  /** The names of the sandboxes that there are. */
  readonly taken: readonly string[];
  /** Who will make it. */
  readonly uid: number;
  readonly gid: number;
}

/** A process while it is read. */
export interface Seen {
  readonly pid: number;
  /** The namespaces that are not the helper's. */
  readonly own: ReadonlySet<NamespaceType>;
  /** /proc/PID/status */
  readonly status: string;
  /** Its root directory. */
  readonly root: number;
  readonly wish: Wish;
}

/** Keys of a definition, and what could not be taken over. */
export interface Part {
  readonly keys: Partial<DefinitionInput>;
  readonly notices: readonly string[];
}

export const part = (keys: Partial<DefinitionInput>, ...notices: readonly string[]): Part => ({ keys, notices });

/**
 * @throws Refusal as of likeness; `unknown` when there is no such target, `invalid` for namespaces or a sandbox that no process is in
 */
export async function likenessOf(target: Target, world: World, wish: Wish): Promise<Result<'sandbox/like'>> {
  if ('namespaces' in target)
    throw new Refusal('invalid', 'A definition is made from a process, a container or a sandbox, and not from namespaces alone.');
  if (!('sandbox' in target)) return likeness(await processOf(target, world), wish);
  const found = world.sandboxes.find(({ sandbox }) => sandbox.id === target.sandbox || sandbox.name === target.sandbox);
  if (!found) throw new Refusal('unknown', `There is no sandbox called ${target.sandbox}.`, { subject: target.sandbox });
  const { pid, name: label } = found.sandbox;
  if (pid === undefined)
    throw new Refusal('invalid', `${label} has no process, and only a process shows what is like it.`, { subject: label });
  return likeness({ pid, start: found.start, label }, wish);
}

/** In the order of the keys in a definition. */
const parts: readonly ((seen: Seen) => Part)[] = [
  namespacesLike,
  hostLike,
  usersLike,
  clocksLike,
  rootLike,
  mountsLike,
  networkLike,
  limitsLike,
  securityLike,
  userLike,
  commandLike,
  directoryLike,
];

/**
 * The definition is valid as it stands, and holds only what differs from the defaults.
 * @throws Refusal `gone` when the process has ended, or its number is another's
 */
export function likeness({ pid, start, label }: Model, wish: Wish): Result<'sandbox/like'> {
  const ended = (): Refusal => new Refusal('gone', `${label} ended a moment ago.`, { subject: label });
  let pidfd: number | undefined;
  let root: number | undefined;
  try {
    pidfd = sys('pidfd_open', label, pid, 0);
    if (start !== undefined && readStat(pid).start !== start) throw ended();
    const status = processText(pid, 'status', 'latin1');
    root = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
    const own = new Set(supportedTypes.filter(type => readNamespace(pid, type) !== readNamespace('self', type)));
    const seen: Seen = { pid, own, status, root, wish };
    const read = parts.map(each => each(seen));
    // Still the same process now: then all that was read under its number was its own.
    sys('pidfd_send_signal', label, pidfd, 0);
    const draft = Object.assign({ name: freeName(label, wish.taken) }, ...read.map(each => each.keys)) as DefinitionInput;
    const notices = [...read.flatMap(each => each.notices), 'Its environment is not taken over: it may hold secrets.'];
    return asValid(draft, notices);
  } catch (error) {
    throw hasVanished(error) ? ended() : error;
  } finally {
    for (const fd of [pidfd, root]) if (fd !== undefined) closeSync(fd);
  }
}

const NAME_CHARACTERS = 32;

/** `Redis 1` → `redis-1`, and `redis-1-2` when there is a sandbox of that name. */
export function freeName(label: string, taken: readonly string[]): string {
  const plain = label.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const cut = (text: string, characters: number): string => text.slice(0, characters).replace(/^-+|-+$/g, '');
  const base = cut(cut(plain, label.length), NAME_CHARACTERS) || 'sandbox';
  const names = Array.from({ length: taken.length + 1 }, (_, index) => {
    const suffix = index === 0 ? '' : `-${index + 1}`;
    return `${cut(base, NAME_CHARACTERS - suffix.length)}${suffix}`;
  });
  return names.find(name => !taken.includes(name)) ?? base;
}

/** Takes out what the schema refuses, one thing after the other. */
export function asValid(draft: DefinitionInput, notices: readonly string[]): Result<'sandbox/like'> {
  const { success, error } = Definition.safeParse(draft);
  if (success) return { definition: draft, notices: [...notices] };
  const [key, index] = error.issues[0]?.path ?? [];
  if (key === undefined || key === 'name' || !(key in draft)) throw error;
  const said = `Left out: ${firstProblem(error, 'the definition')}.`;
  const rest = Object.fromEntries(Object.entries(draft).filter(([each]) => each !== key));
  const mounts = key === 'mounts' && typeof index === 'number' ? { mounts: draft.mounts?.filter((_, at) => at !== index) ?? [] } : {};
  return asValid({ ...rest, name: draft.name, ...mounts }, [...notices, said]);
}

function namespacesLike({ own }: Seen): Part {
  return own.size === supportedTypes.length ? part({}) : part({ namespaces: [...own] });
}

/** These files show the reader's own namespace, so they are read from within. */
function hostLike({ pid, own }: Seen): Part {
  if (!own.has('uts')) return part({});
  const read = within('uts', pid, () => ['hostname', 'domainname'].map(name => readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim()));
  const [hostname = '', domainname = ''] = read;
  return part({ ...(hostname && { hostname }), ...(domainname && domainname !== '(none)' && { domainname }) });
}

function within<T>(type: 'uts' | 'net', pid: number, work: () => T extends PromiseLike<unknown> ? never : T): T {
  const fd = openSync(`/proc/${pid}/ns/${type}`, 'r');
  try {
    return visit<T>(type, fd, `${type} of pid ${pid}`, work);
  } finally {
    closeSync(fd);
  }
}

/** /proc/PID/timens_offsets, time_namespaces(7): a clock, seconds, nanoseconds. */
function clocksLike({ pid, own }: Seen): Part {
  if (!own.has('time')) return part({});
  const lines = processText(pid, 'timens_offsets').split('\n');
  const of = (clock: string): number => Number(lines.find(line => line.startsWith(`${clock} `))?.split(/\s+/)[1] ?? 0);
  const [monotonicSeconds, boottimeSeconds] = [of('monotonic'), of('boottime')];
  return monotonicSeconds === 0 && boottimeSeconds === 0 ? part({}) : part({ time: { monotonicSeconds, boottimeSeconds } });
}

const LOOPBACK = 'lo';

function networkLike({ pid, own }: Seen): Part {
  if (!own.has('net')) return part({});
  using socket = within('net', pid, () => new RouteSocket());
  const links = getLinks(socket).filter(({ name }) => name !== LOOPBACK);
  if (links.length === 0) return part({ network: 'none' });
  return part({}, 'Its links and addresses are not taken over: the sandbox gets a link of its own.');
}

/** Far more than a person wants to read; a definition has room for four times as much. */
const MAX_COMMAND_BYTES = 128 * 1024;

function commandLike({ pid }: Seen): Part {
  const bytes = processBytes(pid, 'cmdline');
  if (bytes.length === 0) return part({}, 'It has no command line.');
  if (bytes.length > MAX_COMMAND_BYTES) return part({}, 'Its command is left out: it is too long.');
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) return part({}, 'Its command is left out: it is not UTF-8.');
  return part({ command: text.replace(/\0$/, '').split('\0') });
}

function directoryLike({ pid, root }: Seen): Part {
  const { link, path } = workingDirectory(`/proc/${pid}`, root);
  if (path === undefined) return part({}, `Its working directory ${JSON.stringify(link)} is left out: its root has none like it.`);
  return part(path === '/' ? {} : { directory: path });
}
