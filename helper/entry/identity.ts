// As whom a command runs inside a target.
import { readFileSync } from 'node:fs';
import type { IdMapping } from '../protocol/inspection.ts';
import { Refusal } from '../sys/errors.ts';
import { readInRoot } from '../sys/in-root.ts';
import type { Entered } from './entered.ts';

/** Ids as they are inside. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string | undefined;
  readonly home: string;
  /** Of its account; absent for one that has none, or may not log in. */
  readonly shell?: string;
}

export interface Account extends Identity {
  readonly name: string;
}

/**
 * Root of the target, or of what it has where nobody is mapped to 0; `user` as the caller gave it.
 * @throws Refusal `unknown` for a name that the target's /etc/passwd has not, `invalid` for an id that is not mapped
 */
export function identify(entered: Entered, user: string | undefined): Identity {
  const accounts = readAccounts(entered);
  const identity = user === undefined ? asRoot(entered, accounts) : asUser(entered, user, accounts);
  requireMapped(entered, 'user', identity.uid, entered.uidMap);
  requireMapped(entered, 'group', identity.gid, entered.gidMap);
  return identity;
}

function asRoot(entered: Entered, accounts: readonly Account[]): Identity {
  return fromIds(firstMapped(entered.uidMap), firstMapped(entered.gidMap), accounts);
}

const firstMapped = (map: readonly IdMapping[] | undefined): number =>
  !map || map.some(each => each.inside === 0) ? 0 : (map[0]?.inside ?? 0);

function asUser(entered: Entered, user: string, accounts: readonly Account[]): Identity {
  if (/^\d/.test(user)) {
    const [uid = 0, gid] = user.split(':').map(Number);
    return fromIds(uid, gid ?? accounts.find(each => each.uid === uid)?.gid ?? uid, accounts);
  }
  const account = accounts.find(each => each.name === user);
  if (!account) throw new Refusal('unknown', `${entered.label} knows no user called ${user}.`, { subject: user });
  return account;
}

export function fromIds(uid: number, gid: number, accounts: readonly Account[]): Identity {
  const account = accounts.find(each => each.uid === uid);
  const shell = account?.shell;
  return { uid, gid, name: account?.name, home: account?.home ?? (uid === 0 ? '/root' : '/'), ...(shell && { shell }) };
}

function requireMapped(entered: Entered, kind: string, id: number, map: readonly IdMapping[] | undefined): void {
  if (!map || map.some(({ inside, count }) => id >= inside && id < inside + count)) return;
  const known = map.map(({ inside, count }) => (count === 1 ? `${inside}` : `${inside}–${inside + count - 1}`)).join(', ');
  throw new Refusal('invalid', `${entered.label} has no ${kind} ${id}: its user namespace maps ${known || 'nobody'}.`, {
    subject: String(id),
  });
}

/** passwd(5) of the target, or of the host where the host's files are seen. */
export function readAccounts(entered: Entered): Account[] {
  const accounts = linesIn(entered, 'etc/passwd').flatMap(line => parseAccount(line) ?? []);
  if (entered.tools === undefined || isOfHost(entered)) return accounts;
  // Among programs of elsewhere the paths of the target mean something else.
  return accounts.map(({ uid, gid, name }) => ({ uid, gid, name, home: '/' }));
}

/** group(5): the groups that name the account as a member. */
export function groupsOf(entered: Entered, name: string | undefined): number[] {
  if (name === undefined) return [];
  return linesIn(entered, 'etc/group').flatMap(line => {
    const [, , gid, members = ''] = line.split(':');
    return gid && /^\d+$/.test(gid) && members.split(',').includes(name) ? [Number(gid)] : [];
  });
}

/** Programs of elsewhere know the target's users only where its ids are theirs. */
const isOfHost = ({ root, namespaces, tools }: Entered): boolean => root === undefined || (tools !== undefined && !namespaces.has('user'));

function linesIn(entered: Entered, path: string): string[] {
  const { root } = entered;
  try {
    return (root === undefined || isOfHost(entered) ? readFileSync(`/${path}`, 'utf8') : readInRoot(root, path)).split('\n');
  } catch {
    return []; // an image without accounts: numbers still work
  }
}

/** Accounts of services have one of these, so that nobody can log in. */
const refusing = /\/(?:nologin|false|true|sync|halt|shutdown)$/;

function parseAccount(line: string): Account | undefined {
  const [name, , uid, gid, , home, shell] = line.split(':');
  if (!name || !uid || !gid || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home: home?.startsWith('/') ? home : '/',
    ...(shell?.startsWith('/') && !refusing.test(shell) && { shell }),
  };
}
