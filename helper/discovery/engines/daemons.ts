// The daemons of engines that run now, and where they listen. Only those are asked: behind the socket of another, systemd
// may wait to start it, and looking at a machine must not change what runs there.
import type { Process } from '../../protocol/model.ts';
import { readStat } from '../../sys/procfs.ts';
import { listeningSockets } from './sockets.ts';

/** So many daemons of one user in one pid namespace are believed to be such; anybody can have processes of that name. */
const PER_USER = 8;
const DAEMONS = 256;
/** A daemon listens on what it was started with. */
const SOCKETS_MS = 10_000;

export type DaemonName = 'docker' | 'podman' | 'containerd';

const usualSockets: Readonly<Record<Exclude<DaemonName, 'containerd'>, string>> = { docker: 'docker.sock', podman: 'podman/podman.sock' };

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

/** Where the API of such a daemon is when it was told nothing else; containerd's is for root alone. */
export function usualSocketOf({ engine, process: { uid } }: Daemon): string | undefined {
  return engine === 'containerd' ? undefined : `${uid === 0 ? '/run' : `/run/user/${uid}`}/${usualSockets[engine]}`;
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

function engineOf({ name, command }: Process): DaemonName | undefined {
  if (name === 'dockerd') return 'docker';
  if (name === 'containerd') return 'containerd';
  return name === 'podman' && /\ssystem\s+service\b/.test(command) ? 'podman' : undefined;
}
