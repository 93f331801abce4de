// Ranges of subordinate ids, subuid(5): whose they are, and which one a user could be given.
import { type Accounts, accountName, entriesOf, nameInFile } from './accounts.ts';

export interface Range {
  /** By name or by number. */
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

/** Enough for the users of any distribution, and what useradd(8) hands out where login.defs(5) says nothing. */
export const USUAL_COUNT = 65_536;

/** The two files, and what belongs to each. `accounts` are ids that are somebody's without being of a range. */
export const databases = {
  uid: { file: '/etc/subuid', ranges: 'subuid', accounts: 'passwd', setting: 'SUB_UID', option: '--add-subuids' },
  gid: { file: '/etc/subgid', ranges: 'subgid', accounts: 'group', setting: 'SUB_GID', option: '--add-subgids' },
} as const;

type Database = keyof typeof databases;

/** subuid(5): `dev:100000:65536`, the owner by name or by number. */
export const parseRanges = (text: string): Range[] =>
  text.split('\n').flatMap(line => {
    const [owner, first, count] = line.trim().split(':');
    return owner && first && count && /^\d+$/.test(first) && /^\d+$/.test(count)
      ? [{ owner, first: Number(first), count: Number(count) }]
      : [];
  });

/** Those of one user, in the order of the file. */
export function rangesOf(accounts: Accounts, database: Database, uid: number): Range[] {
  const owners = [accountName(uid, accounts), String(uid)];
  return parseRanges(accounts[databases[database].ranges]).filter(({ owner }) => owners.includes(owner));
}

/**
 * How root gives a user the ranges that it lacks, as the beginning of a sentence. usermod(8) finds a free range by itself
 * only since shadow 4.20, and takes one that is named in every version.
 */
export function proposal(accounts: Accounts, uid: number): string {
  const lacking = (['uid', 'gid'] as const).filter(each => rangesOf(accounts, each, uid).length === 0);
  const found = lacking.flatMap(each => {
    const range = freeRange(accounts, each);
    return range ? [{ ...databases[each], ...range }] : [];
  });
  if (found.length < lacking.length)
    return 'Every range that /etc/login.defs leaves for it is taken: widen SUB_UID_MAX and SUB_GID_MAX there';
  const name = nameInFile(uid, accounts);
  if (name !== undefined && accounts.hasUsermod) {
    const options = found.map(({ option, first, count }) => `${option} ${first}-${first + count - 1}`);
    return `Add one as root with usermod ${options.join(' ')} ${name}`;
  }
  const lines = found.map(({ file, first, count }) => `the line ${uid}:${first}:${count} to ${file}`);
  return `Add as root ${lines.join(' and ')}`;
}

/** The lowest one that is nobody's, as useradd(8) finds it. @returns undefined when all are taken */
function freeRange(accounts: Accounts, database: Database): { readonly first: number; readonly count: number } | undefined {
  const { ranges, accounts: file, setting } = databases[database];
  const { min, max, count } = bounds(accounts.loginDefs, setting);
  const taken = [...parseRanges(accounts[ranges]), ...entriesOf(accounts[file]).map(({ id }) => ({ first: id, count: 1 }))];
  let first = min;
  for (const each of taken.filter(({ count }) => count > 0).sort((a, b) => a.first - b.first)) {
    if (each.first >= first + count) break;
    first = Math.max(first, each.first + each.count);
  }
  return first + count - 1 <= max ? { first, count } : undefined;
}

/** What the shadow suite takes where the file says nothing. A count of 0 keeps useradd(8) from giving a range unasked. */
function bounds(loginDefs: string, setting: string): { readonly min: number; readonly max: number; readonly count: number } {
  const value = (name: string): number | undefined => {
    const found = new RegExp(`^\\s*${setting}_${name}\\s+(\\d+)\\s*$`, 'm').exec(loginDefs)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  return { min: value('MIN') ?? 100_000, max: value('MAX') ?? 600_100_000, count: value('COUNT') || USUAL_COUNT };
}
