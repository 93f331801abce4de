// Which ids a sandbox's users have outside: user_namespaces(7), subuid(5).
import { readFileSync } from 'node:fs';
import type { Users } from '../protocol/definition/users.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import { Refusal } from '../sys/errors.ts';

/** Enough for the users of any distribution, as useradd(8) hands out. */
const USUAL_COUNT = 65_536;

/** Where the blocks of the tenants begin, above what useradd(8) and systemd hand out by themselves. */
const USUAL_FIRST_TENANT = 1_000_000;

export interface Ids {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

/** The files that say which ids are whose; those of this machine when left out. */
export interface Accounts {
  readonly passwd: string;
  readonly subuid: string;
  readonly subgid: string;
  /** The first id of tenant 0. */
  readonly firstTenant: number;
}

/** Each file is read when it is asked for: most sandboxes need none. */
export const readAccounts = (firstTenant = USUAL_FIRST_TENANT): Accounts => ({
  get passwd() {
    return readIfThere('/etc/passwd');
  },
  get subuid() {
    return readIfThere('/etc/subuid');
  },
  get subgid() {
    return readIfThere('/etc/subgid');
  },
  firstTenant,
});

/** As /proc/PID/uid_map takes them. */
export const mapText = (maps: readonly IdMapping[]): string =>
  maps.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join('');

/** The kernel takes less than a page in one write, user_namespaces(7); on no machine is that less than this. */
const MAP_BYTES = 4096;

/** @throws Refusal `unsupported` or `denied` when the user does not have the ids that the definition asks for, `invalid` for maps that are too long */
export function idsFor(users: Users, uid: number, gid: number, accounts: Accounts): Ids {
  const { uids, gids } = wantedIds(users, uid, gid, accounts);
  for (const [key, map] of [
    ['uid', uids],
    ['gid', gids],
  ] as const) {
    const bytes = mapText(map).length;
    if (bytes >= MAP_BYTES)
      throw new Refusal('invalid', `users.${key}: its ${map.length} lines are ${bytes} bytes; the kernel takes less than ${MAP_BYTES}.`, {
        hint: 'Join lines that follow one another.',
      });
  }
  return { uids, gids };
}

function wantedIds(users: Users, uid: number, gid: number, accounts: Accounts): Ids {
  if (typeof users !== 'string') return 'tenant' in users ? tenantIds(users.tenant, accounts) : ownIds(users, uid, gid, accounts);
  const only = (inside: number, outside: number): IdMapping => ({ inside, outside, count: 1 });
  if (users === 'same') return { uids: [only(uid, uid)], gids: [only(gid, gid)] };
  if (users === 'root') return { uids: [only(0, uid)], gids: [only(0, gid)] };
  const name = accountName(uid, accounts.passwd);
  return {
    uids: [only(0, uid), ...rangeOf('/etc/subuid', accounts.subuid, name, uid)],
    gids: [only(0, gid), ...rangeOf('/etc/subgid', accounts.subgid, name, uid)],
  };
}

function rangeOf(file: string, text: string, name: string, uid: number): IdMapping[] {
  const ranges = rangesOf(text, name, uid);
  if (ranges.length === 0) {
    throw new Refusal('unsupported', `"users": "auto" needs a range of ids, but ${file} gives ${name} none.`, {
      subject: file,
      hint: `Add one as root with usermod --add-subuids 100000-${100_000 + USUAL_COUNT - 1} --add-subgids 100000-${100_000 + USUAL_COUNT - 1} ${name}, or use "users": "root".`,
    });
  }
  let inside = 1;
  return ranges.map(({ first, count }) => {
    const mapping = { inside, outside: first, count };
    inside += count;
    return mapping;
  });
}

const rangesOf = (text: string, name: string, uid: number): Range[] =>
  parseRanges(text).filter(each => each.owner === name || each.owner === String(uid));

/** Root may hand out any id; everybody else only what is theirs. */
function ownIds(users: Extract<Users, { uid: unknown }>, uid: number, gid: number, accounts: Accounts): Ids {
  if (uid !== 0) {
    const name = accountName(uid, accounts.passwd);
    requireOwn('uid', users.uid, uid, rangesOf(accounts.subuid, name, uid), '/etc/subuid');
    requireOwn('gid', users.gid, gid, rangesOf(accounts.subgid, name, uid), '/etc/subgid');
  }
  return { uids: users.uid, gids: users.gid };
}

function requireOwn(key: 'uid' | 'gid', lines: readonly IdMapping[], self: number, ranges: readonly Range[], file: string): void {
  lines.forEach(({ outside, count }, index) => {
    const isSelf = outside === self && count === 1;
    if (isSelf || ranges.some(range => outside >= range.first && outside + count <= range.first + range.count)) return;
    const ids = count === 1 ? `${outside} is` : `${outside}–${outside + count - 1} are`;
    throw new Refusal('denied', `users.${key}[${index}]: ${ids} not yours; ${file} gives you ${rangesText(ranges)}.`, { subject: file });
  });
}

const rangesText = (ranges: readonly Range[]): string =>
  ranges.map(({ first, count }) => `${first}–${first + count - 1}`).join(', ') || 'no range';

/** A block that nobody else may have: no account of this machine, and no range of /etc/subuid or /etc/subgid. */
function tenantIds(tenant: number, { passwd, subuid, subgid, firstTenant }: Accounts): Ids {
  const first = firstTenant + tenant * USUAL_COUNT;
  const last = first + USUAL_COUNT - 1;
  if (last > HIGHEST_ID)
    throw new Refusal('invalid', `Tenant ${tenant} would reach beyond the highest id: ${last}.`, { subject: String(tenant) });
  const taken = [
    ...[...parseRanges(subuid), ...parseRanges(subgid)].map(range => ({ ...range, owner: `the range of ${range.owner}` })),
    ...uidsOf(passwd).map(({ name, uid }) => ({ owner: `the user ${name}`, first: uid, count: 1 })),
  ].find(range => range.first <= last && range.first + range.count > first);
  if (taken) {
    throw new Refusal('taken', `The ids of tenant ${tenant}, ${first}–${last}, overlap ${taken.owner}.`, {
      subject: String(tenant),
      hint: 'Take another tenant, or start the helper with --first-tenant ID.',
    });
  }
  const block = [{ inside: 0, outside: first, count: USUAL_COUNT }];
  return { uids: block, gids: block };
}

const HIGHEST_ID = 0xffff_fffe;

interface Range {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

/** subuid(5): `dev:100000:65536`, the owner by name or by number. */
export const parseRanges = (text: string): Range[] =>
  text.split('\n').flatMap(line => {
    const [owner, first, count] = line.trim().split(':');
    return owner && first && count && /^\d+$/.test(first) && /^\d+$/.test(count)
      ? [{ owner, first: Number(first), count: Number(count) }]
      : [];
  });

/** passwd(5) */
const uidsOf = (passwd: string): { name: string; uid: number }[] =>
  passwd.split('\n').flatMap(line => {
    const [name, , uid] = line.split(':');
    return name && uid && /^\d+$/.test(uid) ? [{ name, uid: Number(uid) }] : [];
  });

const accountName = (uid: number, passwd: string): string => uidsOf(passwd).find(each => each.uid === uid)?.name ?? String(uid);

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a host without subordinate ids
  }
}
