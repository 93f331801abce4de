// Who answers for a container: the daemons of its engine, wherever they run.
import type { Process } from '../../protocol/model.ts';
import type { Gaps } from '../gaps.ts';
import { type Answer, askJson, holdSocket } from './api.ts';
import { askContainerd } from './containerd-api.ts';
import { type Daemon, Daemons, usualSocketOf } from './daemons.ts';
import { containerPath, DockerContainer, dockerNames } from './docker.ts';
import { type Api, boundedLabels, boundedName, type Found } from './engine.ts';
import { Instance, instanceNames, instancePath } from './incus.ts';
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
    if (answer.kind !== 'value') return undefined;
    const { names, pid } = answer.value;
    // What a supervisor watches over is its child, by the kernel's word; of any other container the answer must say which process it is.
    return pid === undefined || this.#reach.isPid(claimant, question.subject, pid) ? names : undefined;
  }
}

/** What stands above a container was told where its daemon is, as that one sees it. */
const socketsFor = (api: Api, { process }: Daemon, sockets: readonly string[]): readonly string[] =>
  'supervisor' in api
    ? sockets.filter(path => path === api.address && process.namespaces.mnt === api.supervisor.namespaces.mnt)
    : apiSockets(sockets);

/** With the pid of its init, where that is to be compared. */
interface Told {
  readonly names: Names;
  readonly pid?: number;
}

async function ask(socketPath: string, { api, id }: Question): Promise<Answer<Told>> {
  const source = `${api.engine} API`;
  switch (api.engine) {
    case 'containerd':
      return map(await askContainerd(socketPath, api.space, id, ANSWER_MS), ({ image, labels }) => ({
        names: { ...(image !== '' && { image: boundedName(image) }), labels: boundedLabels(labels), source },
      }));
    case 'incus':
    case 'lxd':
      return map(await askJson(socketPath, instancePath(id), Instance, ANSWER_MS), instance => ({
        names: { ...instanceNames(instance), source },
      }));
    case 'docker':
    case 'podman':
      return map(await askJson(socketPath, containerPath(id), DockerContainer, ANSWER_MS), container => ({
        names: { ...dockerNames(id, container), source },
        pid: container.State.Pid,
      }));
  }
}

const map = <T, U>(answer: Answer<T>, of: (value: T) => U): Answer<U> =>
  answer.kind === 'value' ? { kind: 'value', value: of(answer.value) } : answer;
