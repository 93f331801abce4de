import * as z from 'zod';
import { Container, Gap, Namespace, NamespaceKey, Pid, Process, type Snapshot } from './model.ts';

const Objects = z.object({ namespaces: z.array(Namespace), processes: z.array(Process), containers: z.array(Container) });

/** What turns one snapshot into the next: whole objects that are new or changed, keys of those that are gone. */
export const Difference = z.object({
  added: Objects,
  changed: Objects,
  removed: z.object({ namespaces: z.array(NamespaceKey), processes: z.array(Pid), containers: z.array(z.string()) }),
  gaps: z.array(Gap),
  /** More of the same change follows: what is known now is not yet one state of the machine. */
  partial: z.boolean().optional(),
  /** Whatever was known before is void: everything there is follows. */
  beginning: z.boolean().optional(),
  /** Events were lost, so that everything was read again. */
  resynchronised: z.boolean().optional(),
});
export type Difference = z.infer<typeof Difference>;
/** As it is written. */
export type DifferenceInput = z.input<typeof Difference>;

export const namespaceId = (key: NamespaceKey): string => `${key.type}:[${key.inode}]`;
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
