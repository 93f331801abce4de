import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Ipv4Network, parseIpv4 } from '../network/address.ts';
import { freeSubnetHere, occupiedHere } from '../network/occupied.ts';
import { removeAtOnce, removeLink } from '../network/remove-link.ts';
import { addressesOf, formatNetwork, linkNames, requireFree } from '../network/subnets.ts';
import type { Definition } from '../protocol/definition.ts';
import type { Result } from '../protocol/methods.ts';
import type { Sandbox, SandboxNetwork } from '../protocol/model.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import { readNamespace, readStat, supportedTypes } from '../sys/procfs.ts';
import { disksOf } from './disks.ts';
import { explainPlan } from './explain.ts';
import { idsFor } from './ids.ts';
import { endInit, isAlive } from './init.ts';
import { perform } from './perform.ts';
import { compile, describe, type HelperStep, lineOf, type Plan, planFor } from './plan.ts';
import { Records } from './records.ts';
import { sourcesOf } from './sources.ts';

/** Who asks: the owner of the new sandbox's user namespace, and root inside. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

interface Kept {
  readonly sandbox: Sandbox;
  /** Start time of its init: with the pid it names one process for good. */
  readonly start: number;
}

const ADOPTED_CHECK_MS = 2000;

/** The sandboxes that live, and their coming and going. One is made at a time: names and subnets are checked and then used. */
export class Sandboxes {
  readonly #kept = new Map<string, Kept>();
  readonly #records: Records;
  readonly #staging: string;
  readonly #changed: () => void;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param changed called after every change of {@link list} */
  constructor(state: string, changed: () => void) {
    this.#records = new Records(state);
    this.#staging = join(state, 'staging');
    this.#changed = changed;
    mkdirSync(this.#staging, { recursive: true, mode: 0o755 });
    this.#reconcile();
    setInterval(() => this.#forgetEnded(), ADOPTED_CHECK_MS).unref();
  }

  list(): Sandbox[] {
    return [...this.#kept.values()].map(each => each.sandbox);
  }

  kept(): readonly Kept[] {
    return [...this.#kept.values()];
  }

  propose(): Result<'sandbox/propose'> {
    const taken = this.list().map(each => each.name);
    const number = Array.from({ length: taken.length + 1 }, (_, index) => index + 1).find(each => !taken.includes(`sandbox-${each}`)) ?? 1;
    const subnet = freeSubnetHere(this.#networks());
    return { name: `sandbox-${number}`, ...(subnet && { subnet: formatNetwork(subnet) }), taken };
  }

  plan(definition: Definition, caller: Caller): string[] {
    return describe(this.#planFor(newId(), definition, caller).plan);
  }

  /** @throws Refusal with the plan's line, the call and the errno; then nothing of it is left */
  create(definition: Definition, caller: Caller): Promise<Sandbox> {
    if (process.getuid?.() !== 0)
      throw new Refusal('denied', `Could not make sandbox ${definition.name}: the helper does not run as root.`);
    const made = this.#queue.then(() => this.#create(definition, caller));
    this.#queue = made.catch(() => undefined);
    return made;
  }

  /** Kills everything in it, waits until it is gone, and takes its traces away. */
  async remove(key: string): Promise<void> {
    const found = [...this.#kept.values()].find(({ sandbox }) => sandbox.id === key || sandbox.name === key);
    if (!found) return;
    await Promise.all([endInit(found.sandbox, found.start), ...found.sandbox.networks.map(each => removeLink(each.hostLink))]);
    this.#cleanUp(found.sandbox);
  }

  #networks(): Ipv4Network[] {
    return this.list().flatMap(({ networks }) => networks.map(({ hostAddress }) => parseIpv4(hostAddress)));
  }

  #planFor(id: string, definition: Definition, { uid, gid, groups }: Caller): { plan: Plan; network: SandboxNetwork | undefined } {
    if (this.list().some(each => each.name === definition.name)) {
      throw new Refusal('taken', `There is a sandbox called ${definition.name} already.`, {
        subject: definition.name,
        hint: 'Choose another name, or remove that one.',
      });
    }
    const network = networkFor(id, definition, this.#networks());
    const ids = idsFor(definition.users, uid, gid);
    const disks = definition.root === 'discard' ? disksOf(readFileSync('/proc/self/mountinfo', 'utf8')) : [];
    return {
      plan: planFor(definition, {
        record: this.#records.pathOf(id),
        staging: this.#staging,
        uid,
        gid,
        groups,
        ...ids,
        network,
        disks,
        files: filesAmong(definition),
        types: new Set(supportedTypes),
      }),
      network,
    };
  }

  async #create(definition: Definition, caller: Caller): Promise<Sandbox> {
    const id = newId();
    const { plan, network } = this.#planFor(id, definition, caller);
    const { program, first, at, lines } = compile(plan);
    const record = (): void => this.#records.write(id, { phase: 'making', id, name: definition.name, ...(network && { network }) });
    let current: HelperStep | undefined;
    const doSteps = (steps: readonly HelperStep[], pid: number): void =>
      perform(steps, { pid, record }, failed => {
        current = failed;
      });
    const nothing = openSync('/dev/null', 'r+');
    try {
      doSteps(first, 0);
      await stage({
        program,
        stdio: [nothing, nothing, nothing],
        handles: new Map(),
        onSync: (until, waiting) => doSteps(at.get(until) ?? [], waiting),
        // Kept before it may stay: init without a record would be nobody's.
        onReady: pid => this.#keep({ id, name: definition.name, pid, networks: network ? [network] : [], uid: caller.uid }),
        onEnd: () => this.#ended(id),
      });
      return this.#made(id);
    } catch (error) {
      this.#kept.delete(id);
      this.#undo(id, network);
      const line = current ? lineOf(plan, current) : error instanceof StageFailed ? lines[error.index] : undefined;
      throw explainPlan(error, definition, line);
    } finally {
      closeSync(nothing);
    }
  }

  #keep(made: Pick<Sandbox, 'id' | 'name' | 'pid' | 'networks' | 'uid'>): void {
    const namespaces = Object.fromEntries(supportedTypes.map(type => [type, readNamespace(made.pid, type)]));
    const sandbox: Sandbox = { ...made, namespaces, created: new Date().toISOString() };
    const { start } = readStat(made.pid);
    this.#records.write(sandbox.id, { phase: 'ready', sandbox, start });
    this.#kept.set(sandbox.id, { sandbox, start });
  }

  /** @throws Refusal `gone` when its init has ended already */
  #made(id: string): Sandbox {
    this.#changed();
    const kept = this.#kept.get(id);
    if (!kept) throw new Refusal('gone', 'The sandbox ended as soon as it was made.', { subject: id });
    return kept.sandbox;
  }

  /** After a crash: what lives is adopted, what was half made or has ended is removed. */
  #reconcile(): void {
    for (const record of this.#records.read()) {
      if (record.phase === 'making') this.#undo(record.id, record.network);
      else if (isAlive(record.sandbox.pid, record.start)) this.#kept.set(record.sandbox.id, record);
      else this.#undo(record.sandbox.id, record.sandbox.networks[0]);
    }
  }

  #ended(id: string): void {
    const kept = this.#kept.get(id);
    if (kept) this.#cleanUp(kept.sandbox);
  }

  /** For those that an earlier helper made: the kernel tells only a parent of its children's end. */
  #forgetEnded(): void {
    for (const { sandbox, start } of this.#kept.values()) {
      if (!isAlive(sandbox.pid, start)) this.#cleanUp(sandbox);
    }
  }

  #cleanUp(sandbox: Sandbox): void {
    if (!this.#kept.delete(sandbox.id)) return;
    this.#undo(sandbox.id, sandbox.networks[0]);
    this.#changed();
  }

  #undo(id: string, network: SandboxNetwork | undefined): void {
    if (network) removeAtOnce(network.hostLink);
    this.#records.delete(id);
  }
}

/** A wrong guess costs nothing but the attempt: a mount goes only on what is of its kind. */
const filesAmong = (definition: Definition): Set<string> =>
  new Set(
    sourcesOf(definition)
      .map(({ path }) => path)
      .filter(path => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false),
  );

const newId = (): string => randomBytes(4).toString('hex');

function networkFor(id: string, { network, name }: Definition, known: readonly Ipv4Network[]): SandboxNetwork | undefined {
  if (network === 'none') return undefined;
  if (network !== 'link') {
    requireFree(network, occupiedHere());
    return { ...linkNames(id), hostAddress: network.host, address: network.address };
  }
  const subnet = freeSubnetHere(known);
  if (!subnet)
    throw new Refusal('taken', `No subnet of 10.201.0.0/16 is free for ${name}.`, {
      subject: '10.201.0.0/16',
      hint: 'Name two addresses, or use "network": "none".',
    });
  const { host, address } = addressesOf(subnet);
  return { ...linkNames(id), hostAddress: host, address };
}
