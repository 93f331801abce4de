// How snapshots differ and follow one another, said once more and without any cunning: what the helper
// tells and what the extension makes of it are compared with this.
import { type Difference, namespaceId } from '../../helper/protocol/difference.ts';
import type { Container, Process, Snapshot } from '../../helper/protocol/model.ts';

const processId = (process: Process): number => process.pid;
const containerId = (container: Container): string => container.id;

interface Compared<T> {
  readonly added: T[];
  readonly changed: T[];
  readonly removed: T[];
}

function compare<T, K>(before: readonly T[], after: readonly T[], key: (each: T) => K): Compared<T> {
  const old = new Map(before.map(each => [key(each), each]));
  const added: T[] = [];
  const changed: T[] = [];
  for (const each of after) {
    const previous = old.get(key(each));
    old.delete(key(each));
    if (previous === undefined) added.push(each);
    else if (JSON.stringify(previous) !== JSON.stringify(each)) changed.push(each);
  }
  return { added, changed, removed: [...old.values()] };
}

export function difference(before: Snapshot, after: Snapshot): Difference {
  const namespaces = compare(before.namespaces, after.namespaces, namespaceId);
  const processes = compare(before.processes, after.processes, processId);
  const containers = compare(before.containers, after.containers, containerId);
  const objects = (part: 'added' | 'changed') => ({
    namespaces: namespaces[part],
    processes: processes[part],
    containers: containers[part],
  });
  return {
    added: objects('added'),
    changed: objects('changed'),
    removed: {
      namespaces: namespaces.removed.map(({ type, inode }) => ({ type, inode })),
      processes: processes.removed.map(processId),
      containers: containers.removed.map(containerId),
    },
    gaps: after.gaps,
  };
}

/** True when nothing changed but perhaps what could not be read. */
export const isEmpty = ({ added, changed, removed }: Difference): boolean =>
  [added, changed, removed].every(part => part.namespaces.length + part.processes.length + part.containers.length === 0);

function patch<T, K>(before: readonly T[], key: (each: T) => K, added: readonly T[], changed: readonly T[], removed: readonly K[]): T[] {
  const all = new Map(before.map(each => [key(each), each]));
  for (const gone of removed) all.delete(gone);
  for (const each of [...changed, ...added]) all.set(key(each), each);
  return [...all.values()];
}

const nothing: Snapshot = { namespaces: [], processes: [], containers: [], gaps: [] };

/** `apply(before, difference(before, after))` holds the same objects as `after`; new ones come last. */
export function apply(known: Snapshot, { added, changed, removed, gaps, beginning }: Difference): Snapshot {
  const before = beginning ? nothing : known;
  return {
    namespaces: patch(before.namespaces, namespaceId, added.namespaces, changed.namespaces, removed.namespaces.map(namespaceId)),
    processes: patch(before.processes, processId, added.processes, changed.processes, removed.processes),
    containers: patch(before.containers, containerId, added.containers, changed.containers, removed.containers),
    gaps,
  };
}
