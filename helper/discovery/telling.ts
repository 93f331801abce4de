// What changed since the last time, as messages for clients: each of them small, so that nobody who
// reads one is held up, and as bytes, so that the helper's main thread only passes them on.
import type { Difference } from '../protocol/difference.ts';
import type { Container, Gap, Namespace, NamespaceKey, Process } from '../protocol/model.ts';
import { initialNamespaces } from './initial.ts';
import type { World } from './world.ts';

/** Objects in one message. */
const AT_ONCE = 500;

type Added = Difference['added'];

const nothing = (): Added => ({ namespaces: [], processes: [], containers: [] });

/** Gives the containers there are, told which processes changed; undefined: perhaps all. */
export type Naming = (changed: ReadonlySet<number> | undefined) => readonly Container[];

export class Telling {
  readonly #world: World;
  readonly #name: Naming;
  /** As clients know them, by id. */
  #containers = new Map<string, string>();
  #gaps = '[]';
  #lost = false;

  constructor(world: World, name: Naming) {
    this.#world = world;
    this.#name = name;
  }

  /** The next difference says that events were lost. */
  noteLoss(): void {
    this.#lost = true;
  }

  /** @returns the differences since the last call, empty when there are none */
  take(): Buffer[] {
    const processes = this.#world.processes.takeChanges();
    const namespaces = this.#world.namespaces.takeChanges();
    const isInitial = initialNamespaces(this.#world.processes.known);
    const added: Added = { ...nothing(), processes: processes.added };
    const changed: Added = { ...nothing(), processes: processes.changed };
    const removed: Difference['removed'] = {
      namespaces: namespaces.removed.map(({ type, inode }): NamespaceKey => ({ type, inode })),
      processes: processes.removed,
      containers: [],
    };
    for (const node of namespaces.changed) {
      (node.isPublished ? changed : added).namespaces.push(node.describe(isInitial(node)));
      node.isPublished = true;
    }
    this.#compareContainers(processes.touched, added, changed, removed);
    const gaps = this.#world.gaps();
    const isSilent = [added, changed, removed].every(part => part.namespaces.length + part.processes.length + part.containers.length === 0);
    if (isSilent && !this.#lost && JSON.stringify(gaps) === this.#gaps) return [];
    this.#gaps = JSON.stringify(gaps);
    const parts = inParts(added, changed, removed, gaps, this.#lost ? { resynchronised: true } : {});
    this.#lost = false;
    return parts;
  }

  #compareContainers(touched: ReadonlySet<number>, added: Added, changed: Added, removed: Difference['removed']): void {
    const now = new Map<string, string>();
    for (const container of this.#name(touched)) {
      const text = JSON.stringify(container);
      const before = this.#containers.get(container.id);
      if (before === undefined) added.containers.push(container);
      else if (before !== text) changed.containers.push(container);
      now.set(container.id, text);
    }
    for (const id of this.#containers.keys()) if (!now.has(id)) removed.containers.push(id);
    this.#containers = now;
  }

  get containerCount(): number {
    return this.#containers.size;
  }

  /** @param key id or name */
  containersCalled(key: string): Container[] {
    return this.#known().filter(({ id, name }) => id === key || name === key);
  }

  #known(): Container[] {
    return [...this.#containers.values()].map(text => JSON.parse(text) as Container);
  }

  /** Everything that clients have been told so far, for one that is new. */
  everything(): Buffer[] {
    const isInitial = initialNamespaces(this.#world.processes.known);
    const added: Added = {
      namespaces: [...this.#world.namespaces.all()].filter(each => each.isPublished).map(each => each.describe(isInitial(each))),
      processes: [...this.#world.processes.known.values()],
      containers: this.#known(),
    };
    return inParts(added, nothing(), { namespaces: [], processes: [], containers: [] }, this.#world.gaps(), { beginning: true });
  }

  /** The same as one snapshot. */
  snapshot(): Buffer {
    const isInitial = initialNamespaces(this.#world.processes.known);
    const published = [...this.#world.namespaces.all()].filter(each => each.isPublished);
    return Buffer.concat([
      Buffer.from('{"namespaces":['),
      ...list(published, each => JSON.stringify(each.describe(isInitial(each)))),
      Buffer.from('],"processes":['),
      ...list([...this.#world.processes.known.values()], each => JSON.stringify(each)),
      Buffer.from('],"containers":['),
      ...list([...this.#containers.values()], text => text),
      Buffer.from(`],"gaps":${JSON.stringify(this.#world.gaps())}}`),
    ]);
  }
}

/** Text of a list's elements; in pieces, because one text of tens of thousands would be in memory twice. */
function list<T>(all: readonly T[], text: (each: T) => string): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const piece = all
      .slice(at, at + AT_ONCE)
      .map(text)
      .join(',');
    pieces.push(Buffer.from(at === 0 ? piece : `,${piece}`));
  }
  return pieces;
}

/** Namespaces that go are told before those that come: an inode may be both. */
function inParts(added: Added, changed: Added, removed: Difference['removed'], gaps: readonly Gap[], words: Partial<Difference>): Buffer[] {
  const parts: Difference[] = [];
  const part = (more: Partial<Difference>): void => {
    parts.push({
      added: nothing(),
      changed: nothing(),
      removed: { namespaces: [], processes: [], containers: [] },
      gaps: [...gaps],
      ...more,
    });
  };
  part({ removed, ...words });
  for (const [name, objects] of [
    ['added', added],
    ['changed', changed],
  ] as const) {
    for (const processes of portions<Process>(objects.processes)) part({ [name]: { ...nothing(), processes } });
    for (const namespaces of portions<Namespace>(objects.namespaces)) part({ [name]: { ...nothing(), namespaces } });
    for (const containers of portions<Container>(objects.containers)) part({ [name]: { ...nothing(), containers } });
  }
  return fold(parts).map((each, index, all) => Buffer.from(JSON.stringify(index < all.length - 1 ? { ...each, partial: true } : each)));
}

function portions<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, index) => all.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
}

const sizeOf = ({ added, changed, removed }: Difference): number =>
  [added, changed, removed].reduce((sum, part) => sum + part.namespaces.length + part.processes.length + part.containers.length, 0);

/** Joins neighbours while they are small together: most differences are one message. */
function fold(parts: readonly Difference[]): Difference[] {
  const folded: Difference[] = [];
  for (const each of parts) {
    const last = folded.at(-1);
    if (last && sizeOf(last) + sizeOf(each) <= AT_ONCE) folded[folded.length - 1] = join(last, each);
    else folded.push(each);
  }
  return folded;
}

function join(a: Difference, b: Difference): Difference {
  const objects = (one: Added, other: Added): Added => ({
    namespaces: [...one.namespaces, ...other.namespaces],
    processes: [...one.processes, ...other.processes],
    containers: [...one.containers, ...other.containers],
  });
  return { ...a, added: objects(a.added, b.added), changed: objects(a.changed, b.changed) };
}
