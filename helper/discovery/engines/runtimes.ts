// The states of runc and crun: each keeps a directory with a file for every container it made.
import type { Process } from '../../protocol/model.ts';
import type { Gaps } from '../gaps.ts';
import type { Facts } from './engine.ts';
import { Root } from './roots.ts';
import { isStateName, type RuntimeName, type RuntimeState, readState, runtimeNames } from './runtime-state.ts';
import { optionOf } from './supervisors.ts';

/** A directory of states, and whose root it is below: undefined for the helper's own. */
interface Place {
  readonly of: Process | undefined;
  readonly runtime: RuntimeName;
  readonly path: string;
}

/** A state, and the process below whose root it is: undefined for the helper's own. */
export interface Located {
  readonly state: RuntimeState;
  readonly of: Process | undefined;
}

/** What was read of a directory, and what it was like then. */
interface Index {
  readonly place: Place;
  round: number;
  stamp: string | undefined;
  /** Those that were not understood: of another runtime, half written, or nonsense; and what their directories were like. */
  unread: ReadonlyMap<string, string | undefined>;
  /** Pids of states that were read since somebody asked. */
  readonly news: number[];
  byId: Map<string, RuntimeState>;
  /** Of a process that ended the state may still be there when its pid is another's. */
  byPid: Map<number, RuntimeState[]>;
}

const INDEXES = 64;
/** So many states are read of those that are not root's beside the helper, and so large they may be: a real one has 20 KB. */
const OTHERS_STATES = 256;
const OTHERS_BYTES = 128 << 10;
/** One directory is tried again at a time: it may be a user's, and full of nonsense. */
const RETRY_MS = 1000;

/** States by directory. A round begins with each look at processes, and in a round a directory is looked at once. */
export class RuntimeStates {
  #round = 0;
  #retryAtMs = 0;
  readonly #indexes = new Map<string, Index>();
  /** Those of root's states in the usual directories, which are asked for every process. */
  #usual: readonly Index[] = [];

  nextRound(): void {
    this.#round++;
    this.#usual = usualPlaces(undefined).map(place => this.#index(place));
  }

  /** Who is newly in root's states in the usual directories, since this was asked last. */
  news(): readonly number[] {
    return this.#usual.flatMap(index => index.news.splice(0));
  }

  /** Is it the init of a container, by root's states in the usual directories? */
  knows({ pid, start }: Process): boolean {
    for (const { byPid } of this.#usual) if (byPid.get(pid)?.some(state => state.start === start)) return true;
    return false;
  }

  /** The state of which it is the init. */
  find(facts: Facts): Located | undefined {
    const { process, reach } = facts;
    for (const place of placesFor(facts)) {
      const pid = process.pids[(place.of?.pids.length ?? 1) - 1] ?? 0;
      const state = this.#index(place)
        .byPid.get(pid)
        ?.find(each => {
          const claimant = reach.claimant(place.of, each.uid);
          // A pid without its start time might be another process's by now.
          return reach.isStart(claimant, process, each.start) && reach.covers(claimant, process);
        });
      if (state) return { state, of: place.of };
    }
    return undefined;
  }

  /** What could not be read is tried again: it may have been half written, and nobody asked for one of its place since. */
  addGaps(gaps: Gaps): void {
    const doubtful = [...this.#indexes.values()].filter(({ unread }) => unread.size > 0);
    const [oldest] = doubtful.sort((a, b) => a.round - b.round);
    const now = performance.now();
    if (oldest && now >= this.#retryAtMs) {
      this.#index(oldest.place);
      this.#retryAtMs = now + RETRY_MS;
    }
    for (const { place, unread } of doubtful)
      for (const id of unread.keys()) gaps.add('states of containers', `${place.path}/${id}`, 'unreadable');
  }

  #index(place: Place): Index {
    const key = keyOf(place);
    const index = this.#indexes.get(key) ?? emptyIndex(place);
    if (index.round !== this.#round) {
      index.round = this.#round;
      this.#keep(key, index);
      using root = place.of ? Root.of(place.of) : Root.at();
      if (root) update(index, root, place);
      else index.unread = new Map();
    }
    return index;
  }

  /** Directories in others' roots come and go; that which was not asked for the longest is forgotten. */
  #keep(key: string, index: Index): void {
    this.#indexes.delete(key);
    this.#indexes.set(key, index);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > INDEXES && oldest !== undefined) this.#indexes.delete(oldest);
  }
}

const emptyIndex = (place: Place): Index => ({
  place,
  round: -1,
  stamp: undefined,
  unread: new Map(),
  news: [],
  byId: new Map(),
  byPid: new Map(),
});

/** Reads what is new in the directory. An id may be given again: its own directory is then another, which the stamp shows. */
function update(index: Index, root: Root, { of, runtime, path }: Place): void {
  const stamp = root.stampOf(path);
  if (stamp !== undefined && stamp === index.stamp) return;
  const isRoots = of === undefined && path === `/run/${runtime}`;
  const ids = (stamp === undefined ? [] : root.list(path))
    .filter(name => isStateName(runtime, name))
    .slice(0, isRoots ? undefined : OTHERS_STATES);
  const unread = new Map<string, string | undefined>();
  const states = ids.flatMap(id => {
    const known = index.byId.get(id);
    const now = root.stampOf(`${path}/${id}`);
    if (known?.stamp !== undefined && known.stamp === now) return known;
    // Both runtimes put a whole file in the place of the one before, which changes the directory.
    const isSame = now !== undefined && index.unread.get(id) === now;
    const state = isSame ? undefined : readState(root, runtime, path, id, isRoots ? undefined : OTHERS_BYTES);
    if (!state) unread.set(id, root.isFresh(`${path}/${id}`) ? undefined : now);
    else if (isRoots) index.news.push(state.pid);
    return state ?? [];
  });
  // What could not be read may be complete the next time.
  index.stamp = unread.size > 0 ? undefined : stamp;
  index.byId = new Map(states.map(state => [state.id, state]));
  index.unread = unread;
  index.byPid = new Map();
  for (const state of states) index.byPid.set(state.pid, [...(index.byPid.get(state.pid) ?? []), state]);
}

const keyOf = ({ of, path }: Place): string => `${of ? `${of.pid} ${of.start}` : ''} ${path}`;

const usualPlaces = (of: Process | undefined): Place[] => runtimeNames.map(runtime => ({ of, runtime, path: `/run/${runtime}` }));

function placesFor({ process, parent, supervisor, reach }: Facts): Place[] {
  const users = reach.owners(process).filter(uid => uid !== 0);
  const places = [
    ...usualPlaces(undefined),
    ...users.flatMap(uid => runtimeNames.map(runtime => ({ of: undefined, runtime, path: `/run/user/${uid}/${runtime}` }))),
  ];
  // Inside another container, what adopted the init sees the files of the runtime that made it.
  if (parent && !reach.sharesFiles(parent)) places.push(...usualPlaces(parent));
  const runtime = runtimeNames.find(each => parent?.name === each);
  const directory = runtime && optionOf(supervisor, '--root');
  if (runtime && directory?.startsWith('/')) places.push({ of: parent, runtime, path: directory });
  return places;
}
