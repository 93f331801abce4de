// Who answers for Docker's and Podman's containers: daemons wherever they run, and the usual sockets, behind which
// systemd may wait to start one.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Process } from '../../protocol/model.ts';
import type { Gaps } from '../gaps.ts';
import { askContainer, holdSocket } from './api.ts';
import { askContainerd } from './containerd-api.ts';
import { dockerNames } from './docker.ts';
import { type Api, boundedLabels, boundedName, type Found } from './engine.ts';
import type { Reach } from './reach.ts';
import { Root } from './roots.ts';

const ANSWER_MS = 2000;
/** One that did not answer in time is not asked for this long. */
const REST_MS = 30_000;
/** So many daemons of one user are believed to be such; anybody can have processes of that name. */
const PER_USER = 8;
/** A daemon may listen on several sockets. */
const SOCKETS = 4;

type DaemonName = 'docker' | 'podman';
const usualSockets: Readonly<Record<DaemonName, string>> = { docker: 'docker.sock', podman: 'podman/podman.sock' };

/** Where to ask: the sockets of a daemon, or those of nobody known. */
interface Server {
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
  readonly #daemons = new Map<number, { readonly engine: DaemonName; readonly process: Process }>();
  /** Those that did not answer in time, and until when they are left alone. */
  readonly #resting = new Map<string, { readonly path: string; readonly untilMs: number }>();
  /** One question at a time: an engine has other things to do. */
  #last: Promise<unknown> = Promise.resolve();

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
    const others = [...this.#daemons.values()].filter(each => each.process.uid === process.uid);
    if (others.length >= PER_USER) return false;
    this.#daemons.set(process.pid, { engine, process });
    return true;
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
  ask(question: Question): Promise<Names | undefined> {
    const answer = this.#last.then(() => this.#ask(question)).catch(() => undefined);
    this.#last = answer;
    return answer;
  }

  async #ask(question: Question): Promise<Names | undefined> {
    for (const server of this.#serversFor(question)) {
      using root = server.of ? Root.of(server.of) : Root.at();
      if (!root) continue;
      for (const path of server.sockets()) {
        const names = await this.#askAt(root, path, server.of, question);
        if (names) return names;
      }
    }
    return undefined;
  }

  *#serversFor({ api, uid }: Question): Generator<Server> {
    if (api.engine === 'containerd') {
      yield { of: api.shim, sockets: () => [api.address] };
      return;
    }
    const directory = uid === 0 ? '/run' : `/run/user/${uid}`;
    yield { of: undefined, sockets: () => [`${directory}/${usualSockets[api.engine]}`] };
    for (const daemon of this.#daemons.values())
      if (daemon.engine === api.engine) yield { of: daemon.process, sockets: () => listeningSockets(daemon.process.pid) };
  }

  async #askAt(root: Root, path: string, of: Process | undefined, question: Question): Promise<Names | undefined> {
    const key = `${of?.pid} ${of?.start} ${path}`;
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

/** /proc/PID/net/unix, proc_pid_net(5): the seventh field is the inode, the eighth the path; flag 0x10000 means it listens. */
function listeningSockets(pid: number): string[] {
  const inodes = new Set(socketInodes(pid));
  return unixSockets(pid)
    .split('\n')
    .map(line => line.split(/\s+/))
    .filter(([, , , flags, , , inode, path]) => flags === '00010000' && inode !== undefined && inodes.has(inode) && path?.startsWith('/'))
    .map(fields => fields[7] ?? '')
    .filter(path => /\/(?:docker|podman)[^/]*\.sock$/.test(path))
    .slice(0, SOCKETS);
}

function unixSockets(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/net/unix`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(fd => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []);
  } catch {
    return []; // it has ended, or is another user's
  }
}
