// Finds out what a plan depends on, and takes hold of what it joins. Nothing is made here.
import { closeSync, fstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hierarchy } from '../cgroup/hierarchies.ts';
import { layOut } from '../cgroup/layout.ts';
import type { MissingLimit } from '../cgroup/limits.ts';
import { asCaller, type Caller, openFileAs } from '../image/as-caller.ts';
import { type Ipv4Network, parseIpv4 } from '../network/address.ts';
import type { Facts, Unpacked } from '../plan/facts.ts';
import { isGuarded, isMortal, type Purpose } from '../plan/plan.ts';
import { rootOf } from '../plan/root-files.ts';
import { idmappedSources, sourcesOf } from '../plan/sources.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { Refusal } from '../sys/errors.ts';
import { supportedTypes } from '../sys/procfs.ts';
import { readAccounts } from './accounts.ts';
import { confinementOf, groupLimitsOf, keyOf } from './confinement.ts';
import { disksOf, frontsOf } from './disks.ts';
import { identityIn } from './identity.ts';
import { idsFor } from './ids.ts';
import { type Handles, openJoins, openTenant, type World } from './joins.ts';
import { networkFor } from './network.ts';
import type { Kept, Records, Traces } from './records.ts';

/** Where the helper keeps what belongs to a sandbox. */
export interface Premises {
  readonly records: Records;
  readonly staging: string;
  readonly pins: string;
  readonly unpacked: string;
  readonly firstTenant: number | undefined;
  /** As this host had them when the helper started. */
  readonly hierarchies: readonly Hierarchy[];
  /** Controllers whose groups this machine shows only in part, as a container does. */
  readonly hidden: readonly string[];
  /** Networks of those that live and those that are being made, whose the host does not have yet. */
  readonly networks: Map<string, Ipv4Network>;
}

export interface Found {
  readonly facts: Facts;
  readonly traces: Traces;
  /** Limits that this host cannot keep. */
  readonly notices: readonly string[];
  /** The text of the profile that its seccomp names. */
  readonly profile?: string;
}

export interface Asked {
  readonly definition: Definition;
  readonly caller: Caller;
  readonly purpose: Purpose;
}

/** @throws Refusal with the key of the definition that cannot be had here */
export async function lookUp(
  id: string,
  { definition, caller, purpose }: Asked,
  { records, staging, pins, unpacked, firstTenant, hierarchies, hidden, networks }: Premises,
  world: World,
  kept: readonly Kept[],
  handles: Handles,
): Promise<Found> {
  const { uid, gid, groups } = caller;
  const { namespaces, init, limits } = definition;
  requireRoot(definition, uid);
  const { joined, ids: theirs } = await openJoins(definition, world, handles);
  // What is named may turn out to be the host's.
  if (uid !== 0 && namespaces.user !== true && !joined.user)
    throw new Refusal('denied', 'namespaces.user: only root may do without a user namespace.', {
      hint: 'Leave "user" among the namespaces.',
    });
  const users = definition.users ?? 'root';
  const ids = namespaces.user === true ? idsFor(users, uid, gid, readAccounts(firstTenant)) : theirs;
  const tenant = typeof users === 'object' && 'tenant' in users ? openTenant(users.tenant, kept, handles) : undefined;
  // From the choice until it is reserved nobody else gets a turn.
  const network = networkFor(id, definition, [...networks.values()]);
  if (network) networks.set(id, parseIpv4(network.hostAddress));
  const source = unpackedFrom(definition, join(unpacked, id));
  const guarded = isGuarded(definition, { uids: ids.uids, joined }) && init !== 'none';
  // Also where none stays in it: commands that are run in there end with it.
  const killable = namespaces.pid !== true;
  const { places, make, missing } = layOut(id, hierarchies, {
    limits: groupLimitsOf(limits),
    lasting: init !== 'none' && !isMortal(definition, purpose),
    guarded,
    killable,
    counted: limits.cpuSeconds !== undefined,
  });
  const profile = profileOf(definition, caller);
  const isView = rootOf(definition) === 'discard' || rootOf(definition) === 'readonly';
  const fronts = await frontsOf(isView ? disksOf(readFileSync('/proc/self/mountinfo', 'utf8')) : []);
  const facts: Facts = {
    record: records.pathOf(id),
    staging,
    uid,
    gid,
    groups,
    ...ids,
    tenant,
    network,
    joined,
    cgroups: { make, places },
    unpacked: source,
    disks: [...fronts.keys()],
    fronts,
    files: filesAmong(definition, caller),
    types: new Set(supportedTypes),
    identity: identityIn(definition, ids, source, caller),
    confinement: confinementOf(definition, profile),
    pins: join(pins, id),
  };
  const traces: Traces = {
    id,
    name: definition.name,
    ...(network && { network }),
    disks: [...facts.disks],
    ...(source && { unpacked: source.into }),
    ...(init === 'none' && { pins: join(pins, id) }),
  };
  return {
    facts,
    traces,
    notices: [...missing.map(notice), ...(guarded ? hidden.map(exposed) : [])],
    ...(profile !== undefined && { profile }),
  };
}

/** Such a root could mount them. */
const exposed = (controller: string): string =>
  `the control groups of ${controller} are not kept from root inside, who is root outside: this machine shows only a part of them`;

const notice = ({ key, reason }: MissingLimit): string => `limits.${keyOf(key)} is not kept: ${reason}`;

/** What would give an ordinary caller more than is theirs. */
function requireRoot({ mounts = [] }: Definition, uid: number): void {
  if (uid === 0) return;
  mounts.forEach((each, index) => {
    if (each.type === 'bind' && each.idmap)
      throw new Refusal('denied', `mounts[${index}].idmap: only root may have ids on a disk other than its own.`, {
        hint: 'Leave idmap out.',
      });
    // A directory of several layers is entered with the rights that the uppermost gives, the caller's own say, and
    // overlayfs reads those below it with the rights of whoever mounted it: one that is shut to the caller would be open.
    if (each.type === 'overlay' && each.lower.length > 1)
      throw new Refusal('denied', `mounts[${index}].lower: only root may put several directories together.`, {
        hint: 'Name one directory.',
      });
  });
}

function unpackedFrom({ root }: Definition, into: string): Unpacked | undefined {
  if (typeof root !== 'object' || 'directory' in root) return undefined;
  if ('archive' in root) return { kind: 'archive', from: root.archive, reference: undefined, into };
  return { kind: 'image', from: root.image, reference: root.reference, into };
}

/** A wrong guess costs nothing but the attempt: a mount goes only on what is of its kind. */
function filesAmong(definition: Definition, caller: Caller): Set<string> {
  const paths = [...sourcesOf(definition), ...idmappedSources(definition)].map(({ path }) => path);
  return new Set(paths.length === 0 ? [] : asCaller(caller, () => paths.filter(isFile)));
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false; // the stage says so, with the same rights
  }
}

/** @throws Refusal or SysError for what the caller may not read, or is larger than any profile */
function profileOf({ security: { seccomp } }: Definition, caller: Caller): string | undefined {
  if (typeof seccomp === 'string') return undefined;
  const fd = openFileAs(caller, seccomp.file);
  try {
    if (fstatSync(fd).size > MAX_PROFILE_BYTES)
      throw new Refusal('invalid', `security.seccomp.file: ${seccomp.file} is larger than ${MAX_PROFILE_BYTES >> 10} KiB.`, {
        subject: seccomp.file,
      });
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const MAX_PROFILE_BYTES = 1 << 20;
