// The sandboxes that live, and their coming and going.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findPlaces, update as updateGroups } from '../cgroup/group.ts';
import { hostHierarchies } from '../cgroup/hierarchies.ts';
import { joinCalls } from '../cgroup/join.ts';
import { usage as usageOf } from '../cgroup/usage.ts';
import type { Dwelling, Terms, World } from '../entry/target.ts';
import { occupiedHere } from '../network/occupied.ts';
import { formatNetwork, freeSubnet } from '../network/subnets.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Result } from '../protocol/methods.ts';
import type { NamespaceType, Sandbox } from '../protocol/model.ts';
import type { Usage } from '../protocol/report.ts';
import { recordEvent } from '../server/log.ts';
import type { Ended, Ending, Usage as ProcessUsage } from '../stage/reaper.ts';
import { Refusal } from '../sys/errors.ts';
import { SIGKILL } from '../sys/flags.ts';
import { readNamespace, readStat, supportedTypes } from '../sys/procfs.ts';
import { confinementOf, groupLimitsOf, type NewLimits, umaskOf } from './confinement.ts';
import { endInit, isAlive, signal } from './init.ts';
import { Handles } from './joins.ts';
import { type Caller, type Found, lookUp, type Premises } from './look-up.ts';
import { carryOut } from './making.ts';
import { type Purpose, planFor } from './plan.ts';
import { type Kept, Records, type Traces } from './records.ts';
import { rootName } from './root-files.ts';
import { describe } from './steps.ts';
import { takeAway } from './teardown.ts';
import { unpackFor } from './unpacking.ts';

const ADOPTED_CHECK_MS = 2000;

/** What is unpacked may be larger than memory. */
const STORE = '/var/lib/burrow';

export interface Making {
  readonly definition: Definition;
  readonly caller: Caller;
  readonly world: Pick<World, 'discovery'>;
}

export interface Running extends Making {
  readonly purpose: Purpose;
  readonly stdio: readonly [number, number, number];
  /** Descriptors besides those of joined namespaces, by their names in the plan. */
  readonly handles: ReadonlyMap<string, number>;
  /** Called when the process that was left behind has ended, before anything else of it is taken away. */
  readonly onEnd: (ending: Ending, usage: ProcessUsage, id: string) => void;
}

export class Sandboxes {
  readonly #kept = new Map<string, Kept>();
  /** Names that are being made or taken away. */
  readonly #busy = new Set<string>();
  readonly #removals = new Map<string, Promise<void>>();
  readonly #premises: Premises;
  readonly #changed: () => void;

  /**
   * @param state the helper's own directory
   * @param changed called after every change of {@link list}
   */
  constructor(state: string, firstTenant: number | undefined, changed: () => void) {
    this.#premises = {
      records: new Records(state),
      staging: join(state, 'staging'),
      pins: join(state, 'namespaces'),
      unpacked: join(STORE, resolve(state).slice(1).replaceAll('/', '-')),
      firstTenant,
      hierarchies: hostHierarchies(),
    };
    this.#changed = changed;
    mkdirSync(this.#premises.staging, { recursive: true, mode: 0o755 });
    this.#reconcile();
    setInterval(() => this.#forgetEnded(), ADOPTED_CHECK_MS).unref();
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
    const found = this.#find(key);
    if (!found) throw new Refusal('unknown', `There is no sandbox called ${key}.`, { subject: key });
    return found;
  }

  propose(): Result<'sandbox/propose'> {
    const taken = [...this.list().map(each => each.name), ...this.#busy];
    const number = Array.from({ length: taken.length + 1 }, (_, index) => index + 1).find(each => !taken.includes(`sandbox-${each}`)) ?? 1;
    const subnet = freeSubnet(occupiedHere());
    return { name: `sandbox-${number}`, ...(subnet && { subnet: formatNetwork(subnet) }), taken };
  }

  /** What making it would do. Nothing is touched. */
  async plan({ definition, caller, world }: Making): Promise<{ steps: string[]; notices: string[]; found: Found }> {
    this.#requireFree(definition.name);
    using handles = new Handles();
    const found = await this.#lookUp(newId(), { definition, caller, world }, handles);
    return { steps: describe(planFor(definition, found.facts, { kind: 'stay' })), notices: [...found.notices], found };
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
    if (process.getuid?.() !== 0)
      throw new Refusal('denied', `Could not make sandbox ${definition.name}: the helper does not run as root.`);
    this.#requireFree(definition.name);
    this.#busy.add(definition.name);
    try {
      return await this.#start(newId(), running);
    } finally {
      this.#busy.delete(definition.name);
    }
  }

  /** Kills everything in it, waits until it is gone, and takes its traces away. One that is gone is no error. */
  async remove(key: string): Promise<void> {
    const found = this.#find(key);
    if (found) await this.#remove(found);
  }

  /** Ends all in it at once; {@link remove} or its end takes the rest away. One that is gone is no error. */
  kill(id: string): void {
    const kept = this.#kept.get(id);
    if (kept?.sandbox.pid !== undefined && kept.start !== undefined) signal(kept.sandbox.name, kept.sandbox.pid, kept.start, SIGKILL);
  }

  /** What it has used so far, as its control groups tell. */
  usage(id: string): Usage {
    const {
      memoryNowBytes,
      oomKills,
      processesRefused,
      throttledSeconds: _,
      ...same
    } = usageOf(findPlaces(id, this.#premises.hierarchies));
    return {
      ...same,
      ...(memoryNowBytes !== undefined && { memoryBytes: memoryNowBytes }),
      ...(oomKills !== undefined && { killedForMemory: oomKills }),
      ...(processesRefused !== undefined && { refusedProcesses: processesRefused }),
    };
  }

  /** @throws Refusal when the host cannot keep it; then nothing is changed */
  update(key: string, limits: NewLimits): Sandbox {
    const kept = this.find(key);
    updateGroups(findPlaces(kept.sandbox.id, this.#premises.hierarchies), groupLimitsOf(limits));
    const merged = Object.entries({ ...kept.sandbox.limits, ...limits }).filter(([, value]) => value !== null && value !== undefined);
    const sandbox = { ...kept.sandbox, limits: Object.fromEntries(merged) };
    this.#keep({ ...kept, sandbox });
    return sandbox;
  }

  /** To its command, or to its init where it has none. */
  signal(key: string, number: number): void {
    const { sandbox, start } = this.find(key);
    if (sandbox.pid === undefined || start === undefined)
      throw new Refusal('invalid', `${sandbox.name} has no process that could get a signal.`, { subject: sandbox.name });
    signal(sandbox.name, sandbox.pid, start, number);
  }

  /** Writes down what has changed of it. */
  #keep(kept: Kept): void {
    this.#premises.records.write({ phase: 'ready', ...kept });
    this.#kept.set(kept.sandbox.id, kept);
    this.#changed();
  }

  #find(key: string): Kept | undefined {
    return this.#kept.get(key) ?? this.#all().find(({ sandbox }) => sandbox.name === key);
  }

  #all(): readonly Kept[] {
    return [...this.#kept.values()];
  }

  #termsOf({ definition, profile, traces: { id } }: Kept): Terms {
    const { user, directory, environment, security } = definition;
    return {
      join: joinCalls(findPlaces(id, this.#premises.hierarchies)),
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

  #lookUp(id: string, { definition, caller, world }: Making, handles: Handles): Promise<Found> {
    return lookUp(id, definition, caller, this.#premises, { ...world, sandboxes: this.dwellings() }, this.#all(), handles);
  }

  async #start(id: string, running: Running): Promise<Sandbox> {
    const { definition: written, caller, purpose, stdio, onEnd } = running;
    const { records } = this.#premises;
    using handles = new Handles();
    const found = await this.#lookUp(id, running, handles);
    const { traces, notices, profile } = found;
    const record = (): void => records.write({ phase: 'making', traces });
    try {
      const { definition, facts, done } = await unpackFor(written, found.facts, caller, record);
      const keep = (pid: number | undefined): void => {
        const kept: Kept = {
          traces,
          definition,
          ...(profile !== undefined && { profile }),
          ...bodyOf({ definition, caller, notices, traces }, pid),
        };
        records.write({ phase: 'ready', ...kept });
        this.#kept.set(id, kept);
      };
      const ended: Ended = (ending, usage) => {
        onEnd(ending, usage, id);
        void this.#forget(id);
      };
      const all = new Map([...handles.all, ...running.handles]);
      const plan = planFor(definition, facts, purpose);
      const pid = await carryOut({ definition, plan, done, record, stdio, handles: all, onReady: keep, onEnd: ended });
      // Without an init of Burrow's nobody has asked to stay.
      if (definition.init !== true) keep(pid);
    } catch (error) {
      this.#kept.delete(id);
      await takeAway(traces, this.#premises.hierarchies);
      records.delete(id);
      throw error;
    }
    this.#changed();
    const kept = this.#kept.get(id);
    if (!kept) throw new Refusal('gone', `${written.name} ended as soon as it was made.`, { subject: written.name });
    return kept.sandbox;
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
    if (sandbox.pid !== undefined && start !== undefined) await endInit(sandbox.name, sandbox.pid, start);
    await takeAway(traces, this.#premises.hierarchies);
    this.#premises.records.delete(sandbox.id);
    if (this.#kept.delete(sandbox.id)) this.#changed();
  }

  /** One whose init has ended. What cannot be taken away now stays in the list, for the person to try again. */
  async #forget(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (!kept) return;
    await this.#remove(kept).catch((error: unknown) => recordEvent('not removed', { sandbox: kept.sandbox.name, error: String(error) }));
  }

  /** After a crash: what lives is adopted, what was half made or has ended is removed. */
  #reconcile(): void {
    const { records } = this.#premises;
    for (const record of records.read()) {
      const { traces } = record;
      if (record.phase === 'ready' && lives(record)) {
        const { phase: _, ...kept } = record;
        this.#kept.set(traces.id, kept);
        continue;
      }
      this.#busy.add(traces.name);
      void takeAway(traces, this.#premises.hierarchies)
        .then(() => records.delete(traces.id))
        .catch((error: unknown) => recordEvent('not removed', { sandbox: traces.name, error: String(error) }))
        .finally(() => this.#busy.delete(traces.name));
    }
  }

  /** For those that an earlier helper made: the kernel tells only a parent of its children's end. */
  #forgetEnded(): void {
    for (const kept of this.#kept.values()) if (!lives(kept)) void this.#forget(kept.sandbox.id);
  }
}

/** Without a process it lives by its pins. */
const lives = ({ sandbox: { pid }, start }: Pick<Kept, 'sandbox' | 'start'>): boolean =>
  pid === undefined || (start !== undefined && isAlive(pid, start));

const newId = (): string => randomBytes(4).toString('hex');

interface Made {
  readonly definition: Definition;
  readonly caller: Caller;
  readonly notices: readonly string[];
  readonly traces: Traces;
}

/** What is told of a sandbox that is made. */
function bodyOf({ definition, caller, notices, traces }: Made, pid: number | undefined): Pick<Kept, 'sandbox' | 'start'> {
  const { name, namespaces, limits, persist } = definition;
  const { id, network, pins } = traces;
  return {
    sandbox: {
      id,
      name,
      ...(pid !== undefined && { pid }),
      namespaces: Object.fromEntries(
        supportedTypes.flatMap(type => {
          const inode = pid === undefined ? pinned(pins, type) : readNamespace(pid, type);
          return inode === undefined ? [] : [[type, inode]];
        }),
      ),
      networks: network ? [network] : [],
      created: new Date().toISOString(),
      uid: caller.uid,
      ...(namespaces.mnt === true && { root: rootName(definition) }),
      limits,
      persist,
      notices: [...notices],
    },
    ...(pid !== undefined && { start: readStat(pid).start }),
  };
}

const pinned = (pins: string | undefined, type: NamespaceType): number | undefined =>
  pins === undefined ? undefined : statSync(join(pins, type), { throwIfNoEntry: false })?.ino;
