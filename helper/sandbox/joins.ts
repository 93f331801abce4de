// The namespaces of others that a definition joins, and a tenant's: opened once, and held until the stage has them.
import { closeSync, openSync } from 'node:fs';
import { closeHoldings } from '../entry/entered.ts';
import { isWithin } from '../entry/holding.ts';
import type { Taken } from '../entry/prepare.ts';
import type { Dwelling } from '../entry/target.ts';
import { parseTarget } from '../entry/target-words.ts';
import type { Joined } from '../plan/facts.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import type { Target } from '../protocol/target.ts';
import { Refusal } from '../sys/errors.ts';
import { NS_GET_PARENT } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import type { Ids } from './ids.ts';
import type { Kept } from './records.ts';

/** Descriptors of the helper, by the names that a program has for them. */
export class Handles implements Disposable {
  readonly all: Map<string, number>;

  /** @param own closed with the others */
  constructor(own: ReadonlyMap<string, number> = new Map()) {
    this.all = new Map(own);
  }

  add(handle: string, fd: number, path = ''): Joined {
    this.all.set(handle, fd);
    return { handle, path };
  }

  [Symbol.dispose](): void {
    for (const fd of this.all.values()) closeSync(fd);
  }
}

export interface World {
  readonly sandboxes: readonly Dwelling[];
  /** See take: by a thread that is given up when the target holds it. */
  readonly take: (target: Target) => Promise<Taken>;
}

export interface Joins {
  readonly joined: Partial<Readonly<Record<NamespaceType, Joined>>>;
  /** Of the user namespace that is joined; empty where no process is left in it, that could show them. */
  readonly ids: Ids;
}

/**
 * Those that turn out to be the host's own are none to join.
 * @throws Refusal `unknown` or `gone`, with the key of the definition; `invalid` where programs would run outside of what holds them
 */
export async function openJoins({ namespaces }: Definition, world: World, handles: Handles): Promise<Joins> {
  const joined: Partial<Record<NamespaceType, Joined>> = {};
  let ids: Ids = { uids: [], gids: [] };
  for (const type of inOrder) {
    const choice = namespaces[type];
    if (typeof choice === 'boolean') continue;
    const taken = await world.take(targetOf(type, choice, world)).catch((error: unknown) => {
      throw error instanceof Refusal ? new Refusal(error.failure.kind, `namespaces.${type}: ${error.message}`, error.failure) : error;
    });
    const others = new Map(taken.namespaces);
    try {
      const fd = others.get(type);
      if (fd === undefined) continue;
      if (type === 'mnt') requireHolders(taken, namespaces, choice, name => handles.all.get(joined[name]?.handle ?? ''));
      others.delete(type); // it is the sandbox's now
      joined[type] = handles.add(`${type} of ${choice}`, fd, pathOf(type, choice, taken.member));
      if (type === 'user') ids = { uids: taken.uidMap ?? [], gids: taken.gidMap ?? [] };
    } finally {
      closeHoldings({ ...taken, namespaces: others });
    }
  }
  return { joined, ids };
}

/** The mounts come last, when it is known what else is joined. */
const inOrder: readonly NamespaceType[] = [...namespaceTypes.filter(type => type !== 'mnt'), 'mnt'];

/** A pid namespace of the sandbox's own keeps strangers' programs from the host's processes as well as theirs does. */
function requireHolders(
  { brought, namespaces, tools }: Taken,
  wanted: Definition['namespaces'],
  choice: string,
  joined: (type: NamespaceType) => number | undefined,
): void {
  if (tools !== undefined)
    throw new Refusal('denied', `namespaces.mnt: nothing shows where programs of ${choice} belong.`, { subject: choice });
  for (const type of brought) {
    const [own, holder] = [joined(type), namespaces.get(type)];
    if (holder === undefined || (type === 'pid' && wanted.pid === true) || (own !== undefined && isWithin(own, holder))) continue;
    throw new Refusal('invalid', `namespaces.mnt: the programs of ${choice} run only inside the ${type} namespace that holds them.`, {
      subject: choice,
      hint: `Add "${type}": ${JSON.stringify(choice)} to namespaces.`,
    });
  }
}

const pathOf = (type: NamespaceType, choice: string, member: number | undefined): string =>
  choice.startsWith('netns:') ? `/run/netns/${choice.slice('netns:'.length)}` : `/proc/${member ?? 'PID'}/ns/${type}`;

/** A bare number is an inode; a bare name is a sandbox or a container. */
function targetOf(type: NamespaceType, choice: string, { sandboxes }: World): Target {
  if (/^\d+$/.test(choice)) return parseTarget([`${type}:${choice}`], undefined);
  if (choice.includes(':')) return parseTarget([choice], choice.startsWith('netns:') ? undefined : type);
  if (sandboxes.some(({ sandbox }) => sandbox.name === choice)) return { sandbox: choice, types: [type] };
  return { container: choice, types: [type] };
}

/** The user namespace in which those of a tenant's sandboxes are nested, while one of them lives. */
export function openTenant(tenant: number, kept: readonly Kept[], handles: Handles): Joined | 'new' {
  const other = kept.find(
    ({ definition: { users }, sandbox }) => typeof users === 'object' && 'tenant' in users && users.tenant === tenant && sandbox.pid,
  );
  if (!other) return 'new';
  const own = openSync(`/proc/${other.sandbox.pid}/ns/user`, 'r');
  try {
    return handles.add(`user of tenant ${tenant}`, sys('ioctl', `user of ${other.sandbox.name}`, own, NS_GET_PARENT, 'int', 0));
  } finally {
    closeSync(own);
  }
}
