import type { Container } from '../../helper/protocol/model.ts';
import { visible } from '../hostile-text.ts';
import { isTop } from '../machine/hierarchy.ts';
import type { Machine } from '../machine/machine.ts';

/** An engine of one user, and its containers. */
export interface EngineGroup {
  readonly id: string;
  readonly engine: string;
  /** Absent for root's. */
  readonly uid: number | undefined;
  readonly containers: readonly Container[];
}

export const nameOf = ({ name, id }: Container): string => visible(name) || visible(id.slice(0, 12));

// Made once: it is a hundred times quicker than localeCompare with a language.
const { compare } = new Intl.Collator('en', { numeric: true });

export const byName = (a: Container, b: Container): number => compare(a.name, b.name) || (a.id < b.id ? -1 : 1);

/** The containers whose engine runs in a container; of the machine's own engines without one. */
export function containersIn(machine: Machine, outer: Container | undefined): readonly Container[] {
  const above = ({ within }: Container): Container | undefined => (within === undefined ? undefined : machine.container(within));
  // Two that claim to be in one another are both shown, once.
  const outerOf = (each: Container): Container | undefined =>
    each.within === undefined || isTop(each, above, ({ pid }) => pid) ? undefined : above(each);
  return [...machine.containers.values()].filter(each => outerOf(each) === outer);
}

/** Those that have something in common, by its name; those that have nothing such are left out. */
export function groupedBy(
  containers: readonly Container[],
  keyOf: (each: Container) => string | undefined,
): readonly (readonly [string, readonly Container[]])[] {
  const groups = new Map<string, Container[]>();
  for (const each of containers) {
    const key = keyOf(each);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.entries()].sort(([a], [b]) => compare(a, b));
}

export const groupsOf = (containers: readonly Container[]): readonly EngineGroup[] =>
  groupedBy(containers, each => (each.uid === undefined ? each.engine : `${each.engine}:${each.uid}`)).flatMap(([id, members]) => {
    const [first] = members;
    return first ? [{ id, engine: first.engine, uid: first.uid, containers: members }] : [];
  });
