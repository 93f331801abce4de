// As whom a command runs, and with which groups and environment that goes.
import { insideId, outsideId } from '../sys/id-map.ts';
import type { Entered } from './entered.ts';
import { fromIds, groupsOf, type Identity, identify, readAccounts } from './identity.ts';
import type { Resident } from './resident.ts';

export interface AsWhom {
  readonly identity: Identity;
  /** Ids as the helper counts, which are all there is of one that is not mapped. */
  readonly outside: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** False where its user namespace has no number for it: it is taken on before that is joined. */
  readonly isMapped: boolean;
  /** It is the resident's own: what is that one's may be the command's. */
  readonly isResident: boolean;
}

/**
 * The resident's own ids in its place and in its user namespace, otherwise those of root or of what there is where nobody is mapped to 0.
 * @throws Refusal as identify does
 */
export function asWhom(entered: Entered, user: string | undefined): AsWhom {
  const { resident, takesPlace, terms } = entered;
  const wanted = user ?? terms?.user;
  const sharesUser = takesPlace && entered.sharesUser;
  if (resident && sharesUser && !terms && wanted === undefined) return asResident(entered, resident);
  const identity = wanted === undefined && isBound(entered) ? own(entered) : identify(entered, wanted);
  const uid = outsideId(identity.uid, entered.uidMap);
  const gid = outsideId(identity.gid, entered.gidMap);
  const isResident = sharesUser && resident?.uid === uid && resident.gid === gid;
  const groups = isResident && !terms ? resident.groups : groupsFor(entered, wanted === undefined ? undefined : identity.name);
  return { identity, outside: { uid, gid, groups }, isMapped: true, isResident };
}

/** An ordinary user's helper can be no other user, except in a user namespace. */
const isBound = ({ namespaces }: Entered): boolean => process.getuid?.() !== 0 && !namespaces.has('user');

const own = (entered: Entered): Identity => fromIds(process.getuid?.() ?? 0, process.getgid?.() ?? 0, readAccounts(entered));

function asResident(entered: Entered, { uid, gid, groups }: Resident): AsWhom {
  const accounts = readAccounts(entered);
  const inside = { uid: insideId(uid, entered.uidMap), gid: insideId(gid, entered.gidMap) };
  const isMapped = inside.uid !== undefined && inside.gid !== undefined;
  const identity = isMapped ? fromIds(inside.uid ?? 0, inside.gid ?? 0, accounts) : nobody;
  return { identity, outside: { uid, gid, groups }, isMapped, isResident: true };
}

/** What an id without a number is shown as, /proc/sys/kernel/overflowuid. */
const OVERFLOW_ID = 65_534;
const nobody: Identity = { uid: OVERFLOW_ID, gid: OVERFLOW_ID, name: undefined, home: '/' };

/**
 * Those of the account. In a user namespace also those of the process beside it that have no number there: they are its
 * user's outside, and losing one may open what it shuts (CVE-2014-8989).
 */
function groupsFor(entered: Entered, name: string | undefined): number[] {
  const { namespaces, resident, gidMap } = entered;
  const own = groupsOf(entered, name)
    .filter(id => !gidMap || gidMap.some(({ inside, count }) => id >= inside && id < inside + count))
    .map(id => outsideId(id, gidMap));
  const kept = namespaces.has('user') && entered.sharesUser ? (resident?.groups ?? []) : [];
  return [...new Set([...own, ...(name === undefined ? kept : kept.filter(id => insideId(id, gidMap) === undefined))])];
}
