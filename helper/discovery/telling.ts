// What changed since the last time, as messages for clients: each of them small, so that nobody who
// reads one is held up, and as bytes, so that the helper's main thread only passes them on.
import type { DifferenceInput } from '../protocol/difference.ts';
import type { Container, Gap, NamespaceKey, Process } from '../protocol/model.ts';
import type { Naming } from './engines/naming.ts';
import { Gaps } from './gaps.ts';
import { initialNamespaces } from './initial.ts';
import type { NamespaceNode } from './namespace-node.ts';
import type { World } from './world.ts';

/** Objects in one message. */
const AT_ONCE = 200;

/** JSON of a Difference, in memory of its own that can be handed to another thread. */
export type Message = Uint8Array<ArrayBuffer>;

type Objects = DifferenceInput['added'];
type Removed = DifferenceInput['removed'];

/** One object of a difference, and where it belongs. */
type Item = {
  [K in keyof Objects]: { readonly part: 'added' | 'changed'; readonly kind: K; readonly object: Objects[K][number] };
}[keyof Objects];

const nothingRemoved = (): Removed => ({ namespaces: [], processes: [], containers: [] });

export class Telling {
  readonly #world: World;
  readonly #naming: Naming;
  #namingGaps = new Gaps();
  #containers = new Map<string, Container>();
  /** As clients know what could not be read. */
  #gaps = '[]';

  constructor(world: World, naming: Naming) {
    this.#world = world;
    this.#naming = naming;
  }

  get containers(): ReadonlyMap<string, Container> {
    return this.#containers;
  }

  /** Counts all that changed as told, for when nobody listens. */
  skip(): void {
    const { touched } = this.#world.processes.takeChanges();
    for (const node of this.#world.namespaces.takeChanges().changed) node.isPublished = true;
    this.#name(touched);
  }

  /** The difference since the last call, in parts; nothing when there is none. @param isLost events were lost */
  *take(isLost: boolean): Generator<Message> {
    const processes = this.#world.processes.takeChanges();
    const namespaces = this.#world.namespaces.takeChanges();
    const before = this.#containers;
    this.#name(processes.touched);
    const removed: Removed = {
      namespaces: namespaces.removed.map(({ type, inode }): NamespaceKey => ({ type, inode })),
      processes: processes.removed,
      containers: [...before.keys()].filter(id => !this.#containers.has(id)),
    };
    const containers = changedContainers(before, this.#containers);
    const gaps = this.#unread;
    const isSilent =
      [removed.namespaces, removed.processes, removed.containers, processes.added, processes.changed, namespaces.changed, containers].every(
        ({ length }) => length === 0,
      ) && JSON.stringify(gaps) === this.#gaps;
    if (isSilent && !isLost) return;
    this.#gaps = JSON.stringify(gaps);
    const items = [
      processItems('added', processes.added),
      processItems('changed', processes.changed),
      this.#namespaceItems(namespaces.changed),
    ];
    yield* pack([...items, containers], gaps, { removed, ...(isLost && { resynchronised: true }) });
  }

  /** Everything that clients have been told so far, for one that is new. */
  *everything(): Generator<Message> {
    const gaps = this.#unread;
    const containers = [...this.#containers.values()].map((object): Item => ({ part: 'added', kind: 'containers', object }));
    const items = [processItems('added', this.#world.processes.known.values()), this.#publishedItems(), containers];
    yield* pack(items, gaps, { beginning: true });
  }

  /** The same as one snapshot, JSON in pieces: one text of tens of thousands of objects would be in memory several times. */
  snapshot(): Message[] {
    const isInitial = initialNamespaces(this.#world.processes.known);
    return [
      write('{"namespaces":['),
      ...list(this.#published(), node => node.describe(isInitial(node))),
      write('],"processes":['),
      ...list(this.#world.processes.known.values(), each => each),
      write('],"containers":['),
      ...list(this.#containers.values(), each => each),
      write(`],"gaps":${JSON.stringify(this.#unread)}}`),
    ];
  }

  #name(changed: ReadonlySet<number>): void {
    this.#namingGaps = new Gaps();
    this.#containers = byId(this.#naming.find({ processes: this.#world.processes.known, changed }, this.#namingGaps));
  }

  get #unread(): Gap[] {
    return [...this.#world.gaps(), ...this.#namingGaps.list()];
  }

  *#published(): Generator<NamespaceNode> {
    for (const node of this.#world.namespaces.all()) if (node.isPublished) yield node;
  }

  *#namespaceItems(changed: readonly NamespaceNode[]): Generator<Item> {
    const isInitial = initialNamespaces(this.#world.processes.known);
    for (const node of changed) {
      yield { part: node.isPublished ? 'changed' : 'added', kind: 'namespaces', object: node.describe(isInitial(node)) };
      node.isPublished = true;
    }
  }

  *#publishedItems(): Generator<Item> {
    const isInitial = initialNamespaces(this.#world.processes.known);
    for (const node of this.#published()) yield { part: 'added', kind: 'namespaces', object: node.describe(isInitial(node)) };
  }
}

const byId = (containers: readonly Container[]): Map<string, Container> => new Map(containers.map(each => [each.id, each]));

function changedContainers(before: ReadonlyMap<string, Container>, after: ReadonlyMap<string, Container>): Item[] {
  return [...after.values()].flatMap((object): Item[] => {
    const known = before.get(object.id);
    if (known === object || (known && JSON.stringify(known) === JSON.stringify(object))) return [];
    return [{ part: known ? 'changed' : 'added', kind: 'containers', object }];
  });
}

function* processItems(part: Item['part'], processes: Iterable<Process>): Generator<Item> {
  for (const object of processes) yield { part, kind: 'processes', object };
}

const encoder = new TextEncoder();
const write = (text: string): Message => encoder.encode(text) as Message;
const encode = (difference: DifferenceInput): Message => write(JSON.stringify(difference));

/** What goes is told before what comes: an inode may be both. */
function* pack(items: readonly Iterable<Item>[], gaps: readonly Gap[], first: Partial<DifferenceInput>): Generator<Message> {
  const begin = (words: Partial<DifferenceInput>): DifferenceInput => ({
    added: { namespaces: [], processes: [], containers: [] },
    changed: { namespaces: [], processes: [], containers: [] },
    removed: nothingRemoved(),
    gaps: [...gaps],
    ...words,
  });
  let difference = begin(first);
  let size = 0;
  for (const some of items) {
    for (const { part, kind, object } of some) {
      if (size === AT_ONCE) {
        yield encode({ ...difference, partial: true });
        difference = begin({});
        size = 0;
      }
      (difference[part][kind] as unknown[]).push(object);
      size++;
    }
  }
  yield encode(difference);
}

/** The elements of a list, as they stand between its brackets. */
function list<T>(all: Iterable<T>, value: (each: T) => unknown): Message[] {
  const pieces: Message[] = [];
  let texts: string[] = [];
  const flush = (): void => {
    if (texts.length > 0) pieces.push(write(`${pieces.length > 0 ? ',' : ''}${texts.join(',')}`));
    texts = [];
  };
  for (const each of all) {
    texts.push(JSON.stringify(value(each)));
    if (texts.length === AT_ONCE) flush();
  }
  flush();
  return pieces;
}
