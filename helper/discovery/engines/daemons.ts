// The daemons of engines that run now, and where they listen. Only those are asked: behind the socket of another, systemd
// may wait to start it, and looking at a machine must not change what runs there.
import type { Process } from '../../protocol/model.ts';
import { readStat } from '../../sys/procfs.ts';
import type { Api } from './engine.ts';
import { listeningSockets } from './sockets.ts';

/** So many daemons of one user in one pid namespace are believed to be such; anybody can have processes of that name. */
const PER_USER = 8;
const DAEMONS = 256;
/** A daemon listens on what it was started with. */
const SOCKETS_MS = 10_000;

export type DaemonName = Api['engine'];

const usualSockets: Readonly<Partial<Record<DaemonName, string>>> = { docker: 'docker.sock', podman: 'podman/podman.sock' };

export class Daemon {
  readonly engine: DaemonName;
  readonly process: Process;
  #sockets: readonly string[] | undefined = [];
  #untilMs = 0;

  constructor(engine: DaemonName, process: Process) {
    this.engine = engine;
    this.process = process;
  }

  get isRunning(): boolean {
    try {
      return readStat(this.process.pid).start === this.process.start;
    } catch {
      return false;
    }
  }

  /** All it listens on, for as long as that need not be looked up again; undefined where it cannot be seen. */
  get sockets(): readonly string[] | undefined {
    const now = performance.now();
    if (this.#untilMs <= now) {
      this.#sockets = listeningSockets(this.process.pid);
      // One that is just being started does not listen yet.
      this.#untilMs = this.#sockets?.length === 0 ? 0 : now + SOCKETS_MS;
    }
    return this.#sockets;
  }
}

/** Where the API of such a daemon is when it was told nothing else; undefined for those whose place is known otherwise. */
export function usualSocketOf({ engine, process: { uid } }: Daemon): string | undefined {
  const socket = usualSockets[engine];
  return socket && `${uid === 0 ? '/run' : `/run/user/${uid}`}/${socket}`;
}

export class Daemons {
  readonly #known = new Map<number, Daemon>();

  /** True when this is a daemon that was not known before. */
  note(process: Process): boolean {
    const engine = engineOf(process);
    const known = this.#known.get(process.pid);
    if (!engine) {
      if (known) this.#known.delete(process.pid);
      return false;
    }
    if (known?.process.start === process.start) return false;
    const ofWhom = ({ uid, namespaces }: Process) => `${uid} ${namespaces.pid}`;
    const others = [...this.#known.values()].filter(each => ofWhom(each.process) === ofWhom(process));
    if (others.length >= PER_USER || this.#known.size >= DAEMONS) return false;
    this.#known.set(process.pid, new Daemon(engine, process));
    return true;
  }

  of(engine: DaemonName): Daemon[] {
    return [...this.#known.values()].filter(each => each.engine === engine);
  }

  pids(): Iterable<number> {
    return this.#known.keys();
  }

  forget(pid: number): void {
    this.#known.delete(pid);
  }
}

/** By their names, and by how they are started where other processes of theirs are called the same. */
const programs: ReadonlyMap<string, { readonly engine: DaemonName; readonly command?: RegExp }> = new Map([
  ['dockerd', { engine: 'docker' }],
  ['containerd', { engine: 'containerd' }],
  ['podman', { engine: 'podman', command: /\ssystem\s+service\b/ }],
  // Not the monitors of containers, and not what they start as `incusd forkproxy`.
  ['incusd', { engine: 'incus', command: /^\S+(?: -|$)/ }],
  ['lxd', { engine: 'lxd', command: /^\S+(?: -|$)/ }],
]);

function engineOf({ name, command }: Process): DaemonName | undefined {
  const program = programs.get(name);
  return !program?.command || program.command.test(command) ? program?.engine : undefined;
}
