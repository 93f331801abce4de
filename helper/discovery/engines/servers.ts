// Who answers for Docker's and Podman's containers: daemons wherever they run, and the usual sockets, behind which
// systemd may wait to start one.
import type { Process } from '../../protocol/model.ts';
import type { Gaps } from '../gaps.ts';
import { askContainer, holdSocket } from './api.ts';
import { askContainerd } from './containerd-api.ts';
import { dockerNames } from './docker.ts';
import { type Api, boundedLabels, boundedName, type Found } from './engine.ts';
import type { Reach } from './reach.ts';
import { Root } from './roots.ts';
import { listeningSockets } from './sockets.ts';

const ANSWER_MS = 2000;
/** One that did not answer in time is not asked for this long. */
const REST_MS = 30_000;
/** So many daemons of one user in one pid namespace are believed to be such; anybody can have processes of that name. */
const PER_USER = 8;
const DAEMONS = 256;
/** A daemon listens on what it was started with. */
const SOCKETS_MS = 10_000;

type DaemonName = 'docker' | 'podman';
const usualSockets: Readonly<Record<DaemonName, string>> = { docker: 'docker.sock', podman: 'podman/podman.sock' };

interface Daemon {
  readonly engine: DaemonName;
  readonly process: Process;
  /** Where it listens, for as long as that need not be looked up again. */
  sockets: readonly string[];
  untilMs: number;
}

function socketsOf(daemon: Daemon): readonly string[] {
  const now = performance.now();
  if (daemon.untilMs <= now) {
    daemon.sockets = listeningSockets(daemon.process.pid);
    // One that is just being started does not listen yet.
    daemon.untilMs = daemon.sockets.length === 0 ? 0 : now + SOCKETS_MS;
  }
  return daemon.sockets;
}

/** Where to ask: the sockets of a daemon, or those of nobody known. */
interface Server {
  readonly key: string;
  readonly of: Process | undefined;
  readonly sockets: () => readonly string[];
}

/** What an API says, for as much of it as it does. */
export type Names = Partial<Pick<Found, 'name' | 'image' | 'labels'>> & Pick<Found, 'source'>;

export interface Question {
  readonly api: Api;
  readonly id: string;
  /** The user whose engine it is. */
  readonly uid: number;
  readonly subject: Process;
}

export class Servers {
  readonly #reach: Reach;
  readonly #daemons = new Map<number, Daemon>();
  /** Those that did not answer in time, and until when they are left alone. */
  readonly #resting = new Map<string, { readonly path: string; readonly untilMs: number }>();
  /** The last question to each server. One at a time: an engine has other things to do, and none waits for another's. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  /** True when this is a daemon that was not known before. */
  note(process: Process): boolean {
    const engine = daemonOf(process);
    const known = this.#daemons.get(process.pid);
    if (!engine) {
      if (known) this.#daemons.delete(process.pid);
      return false;
    }
    if (known?.process.start === process.start) return false;
    const ofWhom = ({ uid, namespaces }: Process) => `${uid} ${namespaces.pid}`;
    const others = [...this.#daemons.values()].filter(each => ofWhom(each.process) === ofWhom(process));
    if (others.length >= PER_USER || this.#daemons.size >= DAEMONS) return false;
    this.#daemons.set(process.pid, { engine, process, sockets: [], untilMs: 0 });
    return true;
  }

  pids(): Iterable<number> {
    return this.#daemons.keys();
  }

  forget(pid: number): void {
    this.#daemons.delete(pid);
  }

  addGaps(gaps: Gaps): void {
    const now = performance.now();
    for (const [server, { path, untilMs }] of this.#resting) {
      if (untilMs > now) gaps.add('names of containers', path, 'the engine does not answer');
      else this.#resting.delete(server);
    }
  }

  /** What the first engine that knows the container calls it. Never fails. */
  async ask(question: Question): Promise<Names | undefined> {
    for (const server of this.#serversFor(question)) {
      const names = await this.#inTurn(server, () => this.#askServer(server, question));
      if (names) return names;
    }
    return undefined;
  }

  async #inTurn<T>({ key }: Server, work: () => Promise<T>): Promise<T | undefined> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work).catch(() => undefined);
    this.#last.set(key, turn);
    const result = await turn;
    if (this.#last.get(key) === turn) this.#last.delete(key);
    return result;
  }

  async #askServer(server: Server, question: Question): Promise<Names | undefined> {
    using root = server.of ? Root.of(server.of) : Root.at();
    for (const path of root ? server.sockets() : []) {
      const names = root && (await this.#askAt(root, path, server, question));
      if (names) return names;
    }
    return undefined;
  }

  *#serversFor({ api, uid, subject }: Question): Generator<Server> {
    if (api.engine === 'containerd') {
      yield { key: `${api.shim.namespaces.mnt} ${api.address}`, of: api.shim, sockets: () => [api.address] };
      return;
    }
    const directory = uid === 0 ? '/run' : `/run/user/${uid}`;
    const usual = `${directory}/${usualSockets[api.engine]}`;
    yield { key: usual, of: undefined, sockets: () => [usual] };
    for (const daemon of this.#daemons.values()) {
      const { engine, process } = daemon;
      if (engine !== api.engine || !this.#reach.covers(this.#reach.claimant(process), subject)) continue;
      yield { key: `${process.pid} ${process.start}`, of: process, sockets: () => socketsOf(daemon) };
    }
  }

  async #askAt(root: Root, path: string, { key: server, of }: Server, question: Question): Promise<Names | undefined> {
    const key = `${server} ${path}`;
    if ((this.#resting.get(key)?.untilMs ?? 0) > performance.now()) return undefined;
    using socket = holdSocket(root, path);
    if (!socket) return undefined;
    const claimant = this.#reach.claimant(of, of?.uid ?? socket.uid);
    if (!this.#reach.covers(claimant, question.subject)) return undefined;
    const answer = await ask(socket.path, question);
    if (answer.kind === 'silent') this.#resting.set(key, { path, untilMs: performance.now() + REST_MS });
    else this.#resting.delete(key);
    if (answer.kind !== 'names') return undefined;
    // What a shim watches over is its child, by the kernel's word; of any other container the answer must say which process it is.
    return answer.pid === undefined || this.#reach.isPid(claimant, question.subject, answer.pid) ? answer.names : undefined;
  }
}

type Answered = { readonly kind: 'names'; readonly names: Names; readonly pid?: number } | { readonly kind: 'none' | 'silent' };

async function ask(socketPath: string, { api, id }: Question): Promise<Answered> {
  const source = `${api.engine} API`;
  if (api.engine === 'containerd') {
    const answer = await askContainerd(socketPath, api.space, id, ANSWER_MS);
    if (answer.kind !== 'container') return answer;
    const { image, labels } = answer.container;
    return { kind: 'names', names: { ...(image !== '' && { image: boundedName(image) }), labels: boundedLabels(labels), source } };
  }
  const answer = await askContainer(socketPath, id, ANSWER_MS);
  if (answer.kind !== 'container') return answer;
  return { kind: 'names', names: { ...dockerNames(id, answer.container), source }, pid: answer.container.State.Pid };
}

function daemonOf({ name, command }: Process): DaemonName | undefined {
  if (name === 'dockerd') return 'docker';
  return name === 'podman' && /\ssystem\s+service\b/.test(command) ? 'podman' : undefined;
}
