// Which ids a sandbox's users have outside: user_namespaces(7), subuid(5).
import type { Users } from '../protocol/definition/users.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import { Refusal } from '../sys/errors.ts';
import { type Accounts, accountName, entriesOf } from './accounts.ts';
import { databases, parseRanges, proposal, type Range, rangesOf, USUAL_COUNT } from './subordinate-ids.ts';

export interface Ids {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

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
  const extend = (self: number, database: keyof typeof databases): IdMapping[] => [
    only(0, self),
    ...fromRanges(requireRanges(accounts, database, uid)),
  ];
  return { uids: extend(uid, 'uid'), gids: extend(gid, 'gid') };
}

function fromRanges(ranges: readonly Range[]): IdMapping[] {
  let inside = 1;
  return ranges.map(({ first, count }) => {
    const mapping = { inside, outside: first, count };
    inside += count;
    return mapping;
  });
}

function requireRanges(accounts: Accounts, database: keyof typeof databases, uid: number): Range[] {
  const ranges = rangesOf(accounts, database, uid);
  if (ranges.length > 0) return ranges;
  const { file } = databases[database];
  throw new Refusal('unsupported', `"users": "auto" needs a range of ids, but ${file} gives ${accountName(uid, accounts)} none.`, {
    subject: file,
    hint: `${proposal(accounts, uid)}, or use "users": "root".`,
  });
}

/** Root may hand out any id; everybody else only what is theirs. */
function ownIds(users: Extract<Users, { uid: unknown }>, uid: number, gid: number, accounts: Accounts): Ids {
  if (uid !== 0) {
    requireOwn('uid', users.uid, uid, rangesOf(accounts, 'uid', uid));
    requireOwn('gid', users.gid, gid, rangesOf(accounts, 'gid', uid));
  }
  return { uids: users.uid, gids: users.gid };
}

function requireOwn(key: 'uid' | 'gid', lines: readonly IdMapping[], self: number, ranges: readonly Range[]): void {
  const { file } = databases[key];
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
    ...entriesOf(passwd).map(({ name, id }) => ({ owner: `the user ${name}`, first: id, count: 1 })),
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
