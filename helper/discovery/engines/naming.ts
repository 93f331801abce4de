// Which processes are the inits of containers, and what people call them. What is found of a process is kept until it ends;
// where an engine has not said all yet it is asked again, soon at first and then rarely.
import type { Container, Process } from '../../protocol/model.ts';
import { background, later } from '../../sys/background.ts';
import type { Gaps } from '../gaps.ts';
import { byCgroup } from './cgroup.ts';
import { byConmon } from './conmon.ts';
import type { Api, Found, Rule } from './engine.ts';
import { likelihoodOf, readFacts, type Surroundings } from './facts.ts';
import { Groups } from './groups.ts';
import { byLxc } from './lxc.ts';
import { byNspawn } from './nspawn.ts';
import { Reach } from './reach.ts';
import { byRuntime } from './runtime.ts';
import { RuntimeStates } from './runtimes.ts';
import { type Names, Servers } from './servers.ts';
import { byShim } from './shim.ts';
import { bySystemd } from './systemd.ts';
import { Turns } from './turns.ts';

export interface NamingInput {
  /** Every process, by pid. */
  readonly processes: ReadonlyMap<number, Process>;
  /** Pids that started, changed (exec, namespaces) or ended since the last call; `undefined`: everything may be different. */
  readonly changed: ReadonlySet<number> | undefined;
}

/** The engines, in the order in which they are believed: what is above a process says more than its cgroup does. */
const rules: readonly Rule[] = [byShim, byConmon, byLxc, byNspawn, byRuntime, byCgroup, bySystemd];

/** A process that may be an init, and what is known of it. */
interface Candidate {
  process: Process;
  found: Found | undefined;
  /** What an engine's API said. */
  names: Names | undefined;
  /** Is an engine's API being asked? */
  isAsked: boolean;
  /** How often it was looked at. */
  looks: number;
}

/** Processes to look at: of very many, those come first that are containers' inits in all likelihood. */
type Fresh = Readonly<Record<'likely' | 'possible', Set<Candidate>>>;

/** So often a process that nothing is known of is looked at, within some ten seconds. */
const LOOKS = 4;

/** So long may a call look at new processes, and a timer at what is left: others use the thread too. */
const LIKELY_MS = 500;
const POSSIBLE_MS = 20;
const TICK_MS = 5;
const REST_MS = 20;

export class Naming {
  readonly #onNames: () => void;
  readonly #reach = new Reach();
  readonly #runtimes = new RuntimeStates();
  readonly #servers = new Servers(this.#reach);
  readonly #candidates = new Map<number, Candidate>();
  readonly #groups = new Groups();
  readonly #turns = new Turns<Candidate>();
  #processes: ReadonlyMap<number, Process> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** `onNames` is called when something learnt asynchronously makes another call of {@link find} worthwhile. */
  constructor(onNames: () => void) {
    this.#onNames = onNames;
  }

  /** The containers there are now. Costs no more than what changed: of very many new processes, some are looked at later. */
  find({ processes, changed }: NamingInput, gaps: Gaps): readonly Container[] {
    this.#processes = processes;
    this.#runtimes.nextRound();
    const fresh: Fresh = { likely: new Set(), possible: new Set() };
    if (!changed)
      for (const pid of [...this.#candidates.keys(), ...this.#servers.daemons.pids()]) if (!processes.has(pid)) this.#forget(pid);
    for (const pid of changed ?? processes.keys()) {
      const process = processes.get(pid);
      if (!process) this.#forget(pid);
      else this.#consider(process, changed !== undefined, fresh);
    }
    // A runtime writes its state when the process is already there.
    for (const pid of this.#runtimes.news()) {
      const process = processes.get(pid);
      if (process) this.#consider(process, true, fresh);
    }
    this.#lookFor(LIKELY_MS, fresh.likely);
    this.#lookFor(POSSIBLE_MS, fresh.possible);
    this.#groups.settle(processes);
    this.#schedule();
    this.#servers.addGaps(gaps);
    this.#runtimes.addGaps(gaps);
    return this.#groups.list;
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #consider(process: Process, isChanged: boolean, fresh: Fresh): void {
    const known = this.#candidates.get(process.pid);
    const isSame = known?.process.start === process.start;
    if (known && !isSame) this.#forget(process.pid);
    if (this.#servers.daemons.note(process)) this.#askAllAgain();
    const likelihood = likelihoodOf(process, this.#surroundings);
    if (!likelihood) {
      // An init that was adopted by a process beside it stays one.
      if (known && isSame && !known.found) this.#forget(process.pid);
      return;
    }
    if (known && isSame) {
      // A runtime starts it, ends, and leaves it to the engine's own process, which knows more.
      const isAdopted = known.process.parent !== process.parent;
      known.process = process;
      if (!isChanged || (known.found?.complete && !isAdopted)) return;
      known.looks = 0;
      fresh[likelihood].add(known);
      return;
    }
    const candidate: Candidate = { process, found: undefined, names: undefined, isAsked: false, looks: 0 };
    this.#candidates.set(process.pid, candidate);
    fresh[likelihood].add(candidate);
  }

  get #surroundings(): Surroundings {
    return { processes: this.#processes, reach: this.#reach, runtimes: this.#runtimes };
  }

  #forget(pid: number): void {
    this.#servers.daemons.forget(pid);
    const candidate = this.#candidates.get(pid);
    if (!candidate) return;
    this.#candidates.delete(pid);
    this.#turns.drop(candidate);
    this.#groups.set(pid, undefined);
  }

  /** An engine is there that may know what no other one knew. */
  #askAllAgain(): void {
    const now = performance.now();
    for (const candidate of this.#candidates.values()) {
      if (candidate.found?.complete && (!candidate.found.api || candidate.names)) continue;
      candidate.looks = 1;
      this.#turns.add(candidate, candidate.looks, now);
    }
  }

  #lookFor(limitMs: number, fresh: Iterable<Candidate>): void {
    const endMs = performance.now() + limitMs;
    for (const each of fresh) {
      if (performance.now() < endMs) this.#look(each);
      else this.#turns.add(each, 0, endMs);
    }
  }

  #look(candidate: Candidate): void {
    const facts = readFacts(candidate.process, this.#surroundings);
    let found: Found | undefined;
    for (const rule of rules) found ??= rule(facts);
    // What stood above it may have ended, and with it the only word there was.
    if (!found?.complete && candidate.found?.complete) found = candidate.found;
    // It was given another name after the API was asked.
    if (candidate.found?.complete && candidate.found.name !== found?.name) candidate.names = undefined;
    candidate.found = found;
    this.#tell(candidate);
    // Of the services of a systemd inside, say, the engine knows nothing: only the container's init is asked for.
    if (found?.api && isWorthAsking(found.api, candidate) && this.#groups.isInit(candidate.process.pid)) {
      this.#ask(candidate, found.api, found);
    }
    candidate.looks++;
    // Docker's and Podman's containers can be given another name at any time.
    // What no engine has claimed by the last of its looks is nobody's, until an engine or a state turns up.
    if (!found && candidate.looks > LOOKS) return;
    if (!found?.complete) this.#turns.add(candidate, candidate.looks, performance.now());
    else if (found.api) this.#turns.add(candidate, Number.POSITIVE_INFINITY, performance.now());
  }

  #ask(candidate: Candidate, api: Api, { id }: Found): void {
    const { process } = candidate;
    if (candidate.isAsked) return;
    candidate.isAsked = true;
    background('the names of an engine', async () => {
      const names = await this.#servers.ask({ api, id, subject: process });
      candidate.isAsked = false;
      if (!names || this.#disposed || this.#candidates.get(process.pid) !== candidate) return;
      candidate.names = names;
      this.#tell(candidate);
      if (this.#groups.settle(this.#processes)) this.#onNames();
    });
  }

  #tell({ process, found, names }: Candidate): void {
    const told = found?.api && names ? { ...found, ...names, labels: { ...found.labels, ...names.labels } } : found;
    this.#groups.set(process.pid, told && { process, found: told });
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { nextMs } = this.#turns;
    if (nextMs === undefined || this.#disposed) return;
    this.#timer = later('names of containers', Math.max(REST_MS, nextMs - performance.now()), () => this.#tick()).unref();
  }

  #tick(): void {
    this.#runtimes.nextRound();
    const endMs = performance.now() + TICK_MS;
    while (performance.now() < endMs) {
      const candidate = this.#turns.take(performance.now());
      if (!candidate) break;
      this.#look(candidate);
    }
    this.#schedule();
    if (this.#groups.settle(this.#processes)) this.#onNames();
  }
}

/** Podman's service ends when nobody has asked for some seconds, and what it writes down tells of other names: once is enough. */
const isWorthAsking = ({ engine }: Api, { found, names }: Candidate): boolean => engine !== 'podman' || !found?.complete || !names;
