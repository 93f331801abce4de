// As whom a process runs, and what it may do.
import { readFileSync } from 'node:fs';
import { bitsOf } from '../entry/powers.ts';
import type { DefinitionInput } from '../protocol/definition/definition.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import { capabilities } from '../security/capabilities.ts';
import { insideId } from '../sys/id-map.ts';
import { processText } from '../sys/process-files.ts';
import { parseIdMap, statusField } from '../sys/procfs.ts';
import { type Part, part, type Seen } from './likeness.ts';

const HIGHEST_ID = 0xffff_fffe;

const mapsOf = (pid: number): readonly [IdMapping[], IdMapping[]] => [
  parseIdMap(processText(pid, 'uid_map')),
  parseIdMap(processText(pid, 'gid_map')),
];

export function usersLike({ pid, own, wish }: Seen): Part {
  if (!own.has('user')) return part({});
  const [uids, gids] = mapsOf(pid);
  const isOnly = ([line, ...more]: readonly IdMapping[], inside: number, outside: number): boolean =>
    more.length === 0 && line?.inside === inside && line.outside === outside && line.count === 1;
  if (isOnly(uids, 0, wish.uid) && isOnly(gids, 0, wish.gid)) return part({ users: 'root' });
  if (isOnly(uids, wish.uid, wish.uid) && isOnly(gids, wish.gid, wish.gid)) return part({ users: 'same' });
  if (uids.length === 0 || gids.length === 0) return part({}, 'Its user namespace has no map of ids yet, so "users" is left out.');
  const [uid, gid] = [uids.flatMap(usable), gids.flatMap(usable)];
  if (uid.length === 0 || gid.length === 0)
    return part({}, 'Its ids are those of a user namespace that Burrow does not see into, so "users" is left out.');
  return part(
    { users: { uid, gid } },
    ...(wish.uid === 0
      ? []
      : ['Its ids outside are another user’s: change "users", unless they are yours in /etc/subuid and /etc/subgid.']),
  );
}

/** An owner that has no number here is shown as the highest of all, which is no id; nor is the last one of the initial map. */
function usable({ inside, outside, count }: IdMapping): IdMapping[] {
  const room = HIGHEST_ID + 1 - Math.max(inside, outside);
  return room < 1 ? [] : [{ inside, outside, count: Math.min(count, room, HIGHEST_ID) }];
}

/** Its effective ids, as they are inside. */
export function userLike({ pid, own, status }: Seen): Part {
  const effective = (field: string): number => Number(statusField(status, field)?.split(/\s+/)[1]);
  const [uids, gids] = own.has('user') ? mapsOf(pid) : [];
  const uid = insideId(effective('Uid'), uids);
  const gid = insideId(effective('Gid'), gids);
  if (uid === undefined || gid === undefined)
    return part({}, 'It runs as a user that its user namespace does not map, so "user" is left out.');
  return uid === 0 && gid === 0 ? part({}) : part({ user: `${uid}:${gid}` });
}

const USUAL_UMASK = '0022';

export function securityLike({ status }: Seen): Part {
  const umask = statusField(status, 'Umask') ?? USUAL_UMASK;
  const isFiltered = statusField(status, 'Seccomp') !== '0';
  const kept = capabilitiesLike(status);
  const security: DefinitionInput['security'] = {
    ...(kept && { capabilities: kept }),
    ...(statusField(status, 'NoNewPrivs') === '1' && { noNewPrivileges: true }),
    ...(!isFiltered && { seccomp: 'none' as const }),
    ...(umask !== USUAL_UMASK && { umask }),
  };
  const notices = isFiltered
    ? ['Its seccomp filter was not read, since that would stop it for a moment: the sandbox gets the default one.']
    : [];
  return part(Object.keys(security).length > 0 ? { security } : {}, ...notices);
}

/** Undefined when it can have all that the helper could give. */
function capabilitiesLike(status: string): string[] | undefined {
  const theirs = new Set(bitsOf(statusField(status, 'CapBnd')));
  const ours = bitsOf(statusField(readFileSync('/proc/self/status', 'latin1'), 'CapBnd'));
  return ours.every(bit => theirs.has(bit)) ? undefined : capabilities.filter((_, bit) => theirs.has(bit));
}
