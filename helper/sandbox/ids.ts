// Which ids a sandbox's users have outside: user_namespaces(7), subuid(5).
import { readFileSync } from 'node:fs';
import type { Definition } from '../protocol/definition/definition.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import { Refusal } from '../sys/errors.ts';

/** Enough for the users of any distribution, as useradd(8) hands out. */
const USUAL_COUNT = 65_536;

export interface Ids {
  readonly uids: IdMapping[];
  readonly gids: IdMapping[];
}

/** @throws Refusal `unsupported` when the user has no range and the definition asks for one */
export function idsFor(users: Definition['users'], uid: number, gid: number): Ids {
  const root = (outside: number): IdMapping => ({ inside: 0, outside, count: 1 });
  if (users === 'root') return { uids: [root(uid)], gids: [root(gid)] };
  const name = accountName(uid, readFileSync('/etc/passwd', 'utf8'));
  return {
    uids: [root(uid), ...rangeOf('/etc/subuid', name, uid)],
    gids: [root(gid), ...rangeOf('/etc/subgid', name, uid)],
  };
}

function rangeOf(file: string, name: string, uid: number): IdMapping[] {
  const ranges = parseRanges(readIfThere(file)).filter(each => each.owner === name || each.owner === String(uid));
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

const accountName = (uid: number, passwd: string): string =>
  passwd
    .split('\n')
    .map(line => line.split(':'))
    .find(fields => fields[2] === String(uid))?.[0] ?? String(uid);

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a host without subordinate ids
  }
}
