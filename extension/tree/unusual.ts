import type { Namespace } from '../../helper/protocol/model.ts';
import { plural } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { givenName } from '../names.ts';
import { type HolderKind, holderKinds, unnamedOf } from './holders.ts';

/** What the only holder does, where it is not to keep it. */
const verbs: Partial<Readonly<Record<HolderKind['id'], string>>> = { threads: 'is in it', pending: 'will be in it' };

/** `only fd 7 of python3 (812) keeps it`; why a namespace is still there in which no process is. */
function keptBy(machine: Machine, namespace: Namespace): string {
  const kinds = holderKinds(machine, namespace);
  const unnamed = unnamedOf(machine, namespace);
  const count = kinds.reduce((sum, kind) => sum + kind.count, unnamed);
  const [kind] = kinds;
  const [only] = count === 1 && kind ? kind.holders() : [];
  if (kind && only) {
    const words = kind.id === 'mounts' ? `the mount ${[only.words, ...(only.more ? [only.more] : [])].join(' ')}` : only.words;
    return `only ${words} ${verbs[kind.id] ?? 'keeps it'}`;
  }
  const counts = [
    ...kinds.map(({ count: each, one, many }) => plural(each, one, many)),
    ...(unnamed > 0 ? [`${unnamed.toLocaleString('en')} more`] : []),
  ];
  return counts.length > 0 ? `only ${counts.join(', ')} keep it` : 'nothing that the helper can see keeps it';
}

/** Why a namespace deserves a second look: no process is in it, and nobody gave it a name. */
export function unusualLife(machine: Machine, namespace: Namespace): string | undefined {
  if (namespace.holders.processes > 0 || namespace.initial || givenName(machine, namespace, namespace.name)) return undefined;
  return keptBy(machine, namespace);
}

/** The user whose it is, when that is neither root nor the one who looks. */
export function foreignUser(machine: Machine, { type, ownerUid, owner }: Namespace): number | undefined {
  const above = type === 'user' || owner === undefined ? undefined : machine.namespace({ type: 'user', inode: owner });
  const uid = type === 'user' ? ownerUid : above?.ownerUid;
  return uid === undefined || uid === 0 || uid === machine.viewpoint.uid ? undefined : uid;
}
