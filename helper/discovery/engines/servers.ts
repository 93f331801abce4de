// Who answers for a container of Docker's, Podman's or containerd's: the daemons of its engine, wherever they run.
import type { Process } from '../../protocol/model.ts';
import type { Gaps } from '../gaps.ts';
import { askContainer, holdSocket } from './api.ts';
import { askContainerd } from './containerd-api.ts';
import { type Daemon, Daemons, usualSocketOf } from './daemons.ts';
import { dockerNames } from './docker.ts';
import { type Api, boundedLabels, boundedName, type Found } from './engine.ts';
import type { Reach } from './reach.ts';
import { Root } from './roots.ts';
import { apiSockets } from './sockets.ts';

const ANSWER_MS = 2000;
/** One that did not answer in time is not asked for this long. */
const REST_MS = 30_000;

/** Where to ask. */
interface Server {
  readonly key: string;
  readonly daemon: Daemon;
  /** Below whose root the sockets are; undefined for the helper's own. */
  readonly of: Process | undefined;
  readonly sockets: readonly string[];
}

/** What an API says, for as much of it as it does. */
export type Names = Partial<Pick<Found, 'name' | 'image' | 'labels'>> & Pick<Found, 'source'>;

export interface Question {
  readonly api: Api;
  readonly id: string;
  readonly subject: Process;
}

export class Servers {
  readonly #reach: Reach;
  readonly daemons = new Daemons();
  /** Those that did not answer in time, and until when they are left alone. */
  readonly #resting = new Map<string, { readonly path: string; readonly untilMs: number }>();
  /** The last question to each server. One at a time: an engine has other things to do, and none waits for another's. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(reach: Reach) {
    this.#reach = reach;
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
    if (!server.daemon.isRunning) return undefined;
    using root = server.of ? Root.of(server.of) : Root.at();
    for (const path of root ? server.sockets : []) {
      const names = root && (await this.#askAt(root, path, server, question));
      if (names) return names;
    }
    return undefined;
  }

  *#serversFor({ api, subject }: Question): Generator<Server> {
    for (const daemon of this.daemons.of(api.engine)) {
      const { process, sockets } = daemon;
      if (!this.#reach.covers(this.#reach.claimant(process), subject)) continue;
      const usual = usualSocketOf(daemon);
      if (sockets) yield { key: `${process.pid} ${process.start}`, daemon, of: process, sockets: socketsFor(api, daemon, sockets) };
      else if (usual !== undefined) yield { key: usual, daemon, of: undefined, sockets: [usual] };
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

/** A shim was told where its containerd is, as that one sees it. */
const socketsFor = (api: Api, { process }: Daemon, sockets: readonly string[]): readonly string[] =>
  api.engine === 'containerd'
    ? sockets.filter(path => path === api.address && process.namespaces.mnt === api.shim.namespaces.mnt)
    : apiSockets(sockets);

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
