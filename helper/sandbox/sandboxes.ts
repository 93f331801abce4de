// The sandboxes that live, and their coming and going.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findPlaces, removeShared } from '../cgroup/group.ts';
import { findHidden, hostHierarchies } from '../cgroup/hierarchies.ts';
import { thaw } from '../cgroup/kill.ts';
import type { Place } from '../cgroup/layout.ts';
import type { Terms } from '../entry/entered.ts';
import type { Dwelling } from '../entry/target.ts';
import type { Caller } from '../image/as-caller.ts';
import { parseIpv4 } from '../network/address.ts';
import { freeSubnetHere } from '../network/occupied.ts';
import { formatNetwork } from '../network/subnets.ts';
import { isMortal, type Purpose, planFor } from '../plan/plan.ts';
import { describe } from '../plan/steps.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { umaskOf } from '../protocol/definition/security.ts';
import type { Result } from '../protocol/methods.ts';
import type { Sandbox } from '../protocol/model.ts';
import type { Ended, Ending, Usage as ProcessUsage } from '../stage/reaper.ts';
import { background, every, later } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { bodyOf } from './body.ts';
import { confinementOf } from './confinement.ts';
import { Ends } from './ends.ts';
import { idmapped, mapFor } from './idmaps.ts';
import { endInit, isAlive } from './init.ts';
import { Handles, type World } from './joins.ts';
import { type Asked, type Found, lookUp, type Premises } from './look-up.ts';
import { carryOut } from './making.ts';
import { type Kept, Records, type Traces } from './records.ts';
import { takeAway } from './teardown.ts';
import { unpackFor } from './unpacking.ts';

const ADOPTED_CHECK_MS = 2000;
const TIDY_MS = 200;
/** What could not be taken away may go a while later: somebody unmounted what was mounted there, or there are descriptors again. */
const RETRY_MS = 60_000;

/** What is unpacked may be larger than memory. */
const STORE = '/var/lib/burrow';

export interface Making {
  readonly definition: Definition;
  readonly caller: Caller;
  readonly world: Pick<World, 'take'>;
}

export interface Running extends Making {
  readonly purpose: Purpose;
  readonly stdio: readonly [number, number, number];
  /** Descriptors besides those of joined namespaces, by their names in the plan. They are closed with the others. */
  readonly handles: ReadonlyMap<string, number>;
  /** Called when the process that was left behind has ended, before anything else of it is taken away. */
  readonly onEnd: (ending: Ending, usage: ProcessUsage, id: string) => void;
}

/** The helper's own directory. */
export interface StateDirectory {
  readonly state: string;
  /** A path by which this process reaches it, wherever it is moved. */
  readonly held: string;
}

export class Sandboxes {
  readonly #kept = new Map<string, Kept>();
  /** Names that are being made or taken away. */
  readonly #busy = new Set<string>();
  /** Those that an earlier helper made. */
  readonly #adopted = new Set<string>();
  readonly #places = new Map<string, readonly Place[]>();
  readonly #ends = new Ends();
  readonly #removals = new Map<string, Promise<void>>();
  readonly #premises: Premises;
  readonly #changed: () => void;
  #tidying: NodeJS.Timeout | undefined;

  /**
   * @param changed called after every change of {@link list}
   */
  constructor({ state, held }: StateDirectory, firstTenant: number | undefined, changed: () => void) {
    const hierarchies = hostHierarchies();
    this.#premises = {
      records: new Records(state, held),
      staging: join(state, 'staging'),
      pins: join(state, 'namespaces'),
      unpacked: join(STORE, resolve(state).slice(1).replaceAll('/', '-')),
      firstTenant,
      hierarchies,
      hidden: findHidden(readFileSync('/proc/self/cgroup', 'utf8'), hierarchies),
      networks: new Map(),
    };
    this.#changed = changed;
    mkdirSync(this.#premises.staging, { recursive: true, mode: 0o755 });
    this.#reconcile();
    every('sandboxes of an earlier helper', ADOPTED_CHECK_MS, () => this.#forgetEnded()).unref();
  }

  list(): Sandbox[] {
    return [...this.#kept.values()].map(each => each.sandbox);
  }

  /** What can be entered. */
  dwellings(): readonly Dwelling[] {
    return this.#all().map(kept => ({ sandbox: kept.sandbox, start: kept.start, terms: () => this.#termsOf(kept) }));
  }

  /** @throws Refusal `unknown` */
  find(key: string): Kept {
    const found = this.seek(key);
    if (!found) throw new Refusal('unknown', `There is no sandbox called ${key}.`, { subject: key });
    return found;
  }

  propose(): Result<'sandbox/propose'> {
    const taken = [...this.list().map(each => each.name), ...this.#busy];
    const number = Array.from({ length: taken.length + 1 }, (_, index) => index + 1).find(each => !taken.includes(`sandbox-${each}`)) ?? 1;
    const subnet = freeSubnetHere([...this.#premises.networks.values()]);
    return { name: `sandbox-${number}`, ...(subnet && { subnet: formatNetwork(subnet) }), taken };
  }

  /** What making it would do. Nothing is touched. */
  async plan({ definition, caller, world }: Making): Promise<{ steps: string[]; notices: string[]; found: Found }> {
    this.#requireFree(definition.name);
    const id = newId();
    using handles = new Handles();
    const purpose: Purpose = { kind: 'stay' };
    const looked = this.#lookUp(id, { definition, caller, purpose }, world, handles);
    const found = await looked.finally(() => this.#premises.networks.delete(id));
    return { steps: describe(planFor(definition, found.facts, purpose)), notices: [...found.notices], found };
  }

  /** @throws Refusal with the plan's line, the call and the errno; then nothing of it is left */
  async create(making: Making): Promise<Sandbox> {
    const nothing = openSync('/dev/null', 'r+');
    try {
      const stdio = [nothing, nothing, nothing] as const;
      return await this.start({ ...making, purpose: { kind: 'stay' }, stdio, handles: new Map(), onEnd: () => undefined });
    } finally {
      closeSync(nothing);
    }
  }

  /** @throws Refusal as create does */
  async start(running: Running): Promise<Sandbox> {
    const { definition } = running;
    using handles = new Handles(running.handles);
    if (process.getuid?.() !== 0)
      throw new Refusal('denied', `Could not make sandbox ${definition.name}: the helper does not run as root.`);
    this.#requireFree(definition.name);
    const id = newId();
    this.#busy.add(definition.name);
    try {
      return await this.#start(id, running, handles);
    } finally {
      this.#busy.delete(definition.name);
      if (!this.#kept.has(id)) this.#premises.networks.delete(id);
      this.#tidySoon();
    }
  }

  /** Kills everything in it, waits until it is gone, and takes its traces away. One that is gone is no error. */
  async remove(key: string): Promise<void> {
    const found = this.seek(key);
    if (found) await this.#remove(found);
  }

  /** Writes down what has changed of it. */
  keep(kept: Kept): void {
    this.#premises.records.write({ phase: 'ready', ...kept });
    this.#kept.set(kept.sandbox.id, kept);
    this.#changed();
  }

  /** Its control groups. */
  placesOf(id: string): readonly Place[] {
    const known = this.#places.get(id) ?? findPlaces(id, this.#premises.hierarchies);
    this.#places.set(id, known);
    return known;
  }

  /** By id or name. */
  seek(key: string): Kept | undefined {
    return this.#kept.get(key) ?? this.#all().find(({ sandbox }) => sandbox.name === key);
  }

  #all(): readonly Kept[] {
    return [...this.#kept.values()];
  }

  #termsOf({ definition, profile, traces: { id } }: Kept): Terms {
    const { user, directory, environment, security } = definition;
    return {
      places: this.placesOf(id),
      confinement: confinementOf(definition, profile),
      umask: umaskOf(security),
      user,
      directory,
      environment,
    };
  }

  #requireFree(name: string): void {
    if (!this.#busy.has(name) && !this.list().some(each => each.name === name)) return;
    throw new Refusal('taken', `There is a sandbox called ${name} already.`, {
      subject: name,
      hint: 'Choose another name, or remove that one.',
    });
  }

  #lookUp(id: string, asked: Asked, world: Making['world'], handles: Handles): Promise<Found> {
    return lookUp(id, asked, this.#premises, { ...world, sandboxes: this.dwellings() }, this.#all(), handles);
  }

  async #start(id: string, running: Running, handles: Handles): Promise<Sandbox> {
    const { definition: written, caller, purpose, stdio, onEnd } = running;
    const { records } = this.#premises;
    const found = await this.#lookUp(id, running, running.world, handles);
    const { traces, notices, profile } = found;
    this.#places.set(id, found.facts.cgroups.places);
    const record = (): void => records.write({ phase: 'making', traces });
    let made: Sandbox | undefined;
    try {
      const { definition, facts, done } = await unpackFor(written, found.facts, caller, record);
      const ready = (pid: number): void => {
        const kept: Kept = {
          traces,
          definition,
          ...(profile !== undefined && { profile }),
          ...bodyOf({ definition, caller, notices, traces }, definition.init === 'none' ? undefined : pid),
        };
        // One that ends with the helper is nothing that another could adopt.
        if (!isMortal(definition, purpose)) records.write({ phase: 'ready', ...kept });
        this.#kept.set(id, kept);
        made = kept.sandbox;
      };
      const end = this.#ends.expect(id);
      const ended: Ended = (ending, usage) => {
        end();
        background('the end of a sandbox', () => onEnd(ending, usage, id));
        background('a sandbox that has ended', () => this.#forget(id));
      };
      const idmap = async (from: string, handle: string): Promise<void> => {
        if (handles.all.has(handle)) return; // the plan was begun before
        const map = handles.all.get(IDS) ?? (await mapFor(facts));
        handles.add(IDS, map);
        handles.add(handle, idmapped(from, map));
      };
      const plan = planFor(definition, facts, purpose);
      await carryOut({
        definition,
        plan,
        places: facts.cgroups.places,
        done,
        record,
        ready,
        idmap,
        stdio,
        handles: handles.all,
        onEnd: ended,
      });
    } catch (error) {
      this.#kept.delete(id);
      this.#ends.forget(id);
      this.#places.delete(id);
      await this.#undo(traces);
      throw error;
    }
    this.#changed();
    // The command of a run may have ended by now, and that is no failure.
    if (!made || (purpose.kind === 'stay' && !this.#kept.has(id)))
      throw new Refusal('gone', `${written.name} ended as soon as it was made.`, { subject: written.name });
    return made;
  }

  #remove(kept: Kept): Promise<void> {
    const { id } = kept.sandbox;
    const underWay = this.#removals.get(id);
    if (underWay) return underWay;
    const removal = this.#takeAway(kept).finally(() => this.#removals.delete(id));
    this.#removals.set(id, removal);
    return removal;
  }

  async #takeAway({ sandbox, start, traces }: Kept): Promise<void> {
    const { name, pid } = sandbox;
    const places = this.placesOf(sandbox.id);
    const init = async (): Promise<void> => {
      thaw(places);
      if (pid !== undefined && start !== undefined) await endInit(name, pid, start, this.#ends.of(sandbox.id));
    };
    await takeAway(traces, places, init);
    this.#premises.records.delete(sandbox.id);
    this.#premises.networks.delete(sandbox.id);
    this.#ends.forget(sandbox.id);
    this.#places.delete(sandbox.id);
    if (this.#kept.delete(sandbox.id)) this.#changed();
    this.#tidySoon();
  }

  /** One whose init has ended. What cannot be taken away now stays in the list, and is tried again. */
  async #forget(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (!kept) return;
    try {
      await this.#remove(kept);
    } catch (error) {
      recordEvent('not removed', { sandbox: kept.sandbox.name, error: String(error) });
      later('a sandbox that was not removed', RETRY_MS, () => this.#forget(id)).unref();
    }
  }

  /** After a crash: what lives is adopted, what was half made or has ended is removed. */
  #reconcile(): void {
    const { records } = this.#premises;
    for (const record of records.read()) {
      const { traces } = record;
      if (record.phase === 'ready' && lives(record)) {
        const { phase: _, ...kept } = record;
        this.#kept.set(traces.id, kept);
        this.#adopted.add(traces.id);
        if (traces.network) this.#premises.networks.set(traces.id, parseIpv4(traces.network.hostAddress));
        continue;
      }
      this.#busy.add(traces.name);
      background('what an earlier helper left', async () => {
        await this.#undo(traces);
        this.#busy.delete(traces.name);
        this.#tidySoon();
      });
    }
  }

  /** What cannot be taken away now keeps its record, and the next helper tries again. */
  async #undo(traces: Traces): Promise<void> {
    try {
      await takeAway(traces, findPlaces(traces.id, this.#premises.hierarchies));
      this.#premises.records.delete(traces.id);
    } catch (error) {
      recordEvent('not removed', { sandbox: traces.name, error: String(error) });
    }
  }

  /** When there has been no sandbox for a moment, or the helper ends, what they share goes too. */
  tidy(): void {
    if (this.#tidying === undefined || this.#kept.size + this.#busy.size > 0) return;
    clearTimeout(this.#tidying);
    this.#tidying = undefined;
    try {
      removeShared(this.#premises.hierarchies);
    } catch (error) {
      recordEvent('not removed', { error: String(error) });
    }
  }

  #tidySoon(): void {
    if (this.#kept.size + this.#busy.size > 0) return;
    this.#tidying ??= later('what sandboxes share', TIDY_MS, () => this.tidy()).unref();
    this.#tidying.refresh();
  }

  /** The kernel tells only a parent of its children's end. */
  #forgetEnded(): void {
    for (const id of this.#adopted) {
      const kept = this.#kept.get(id);
      if (!kept) this.#adopted.delete(id);
      else if (!lives(kept)) background('a sandbox that has ended', () => this.#forget(id));
    }
  }
}

/** Without a process it lives by its pins. */
const lives = ({ sandbox: { pid }, start }: Pick<Kept, 'sandbox' | 'start'>): boolean =>
  pid === undefined || (start !== undefined && isAlive(pid, start));

/** The handle of the user namespace that mounts get their ids from. */
const IDS = 'ids of its users';

const newId = (): string => randomBytes(4).toString('hex');
