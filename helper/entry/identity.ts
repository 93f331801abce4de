// As whom a command runs inside a target.
import { readFileSync } from 'node:fs';
import type { IdMapping } from '../protocol/inspection.ts';
import { Refusal } from '../sys/errors.ts';
import { readInRoot } from '../sys/in-root.ts';
import type { Entered } from './target.ts';

/** Ids as they are inside. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string | undefined;
  readonly home: string;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
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

function fromIds(uid: number, gid: number, accounts: readonly Account[]): Identity {
  const account = accounts.find(each => each.uid === uid);
  return { uid, gid, name: account?.name, home: account?.home ?? (uid === 0 ? '/root' : '/') };
}

function requireMapped(entered: Entered, kind: string, id: number, map: readonly IdMapping[] | undefined): void {
  if (!map || map.some(({ inside, count }) => id >= inside && id < inside + count)) return;
  const known = map.map(({ inside, count }) => (count === 1 ? `${inside}` : `${inside}–${inside + count - 1}`)).join(', ');
  throw new Refusal('invalid', `${entered.label} has no ${kind} ${id}: its user namespace maps ${known || 'nobody'}.`, {
    subject: String(id),
  });
}

/** /etc/passwd of the target, or of the host where the root directory stays. passwd(5) */
function readAccounts({ root }: Entered): Account[] {
  try {
    const text = root === undefined ? readFileSync('/etc/passwd', 'utf8') : readInRoot(root, 'etc/passwd');
    return text.split('\n').flatMap(line => parseAccount(line) ?? []);
  } catch {
    return []; // an image without accounts: numbers still work
  }
}

function parseAccount(line: string): Account | undefined {
  const [name, , uid, gid, , home] = line.split(':');
  if (!name || !uid || !gid || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home: home?.startsWith('/') ? home : '/' };
}

/** An id inside as it is outside, for what the helper does to the target's files from without. */
export function outsideId(id: number, map: readonly IdMapping[] | undefined): number {
  const line = map?.find(({ inside, count }) => id >= inside && id < inside + count);
  return line ? line.outside + (id - line.inside) : id;
}
