import { type ChildProcess, execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Helper } from '../../../helper/client/connect.ts';
import { onNotification } from '../../../helper/protocol/calls.ts';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { HelperFailure } from '../../../helper/protocol/helper-failure.ts';
import type { MethodName, Notification, ParamsInput, Result } from '../../../helper/protocol/methods.ts';
import type { Sandbox } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { inRepository } from '../../support/repository.ts';
import { type Belongings, belongingsOf, leaks, spareOf } from './belongings.ts';
import { Sleepers } from './sleepers.ts';

const executable = inRepository('dist/burrow.cjs');
let folders = 0;

/** A sandbox that stands on a process. */
export type Living = Sandbox & { readonly pid: number };

export interface Options {
  /** Whom it serves besides root. */
  readonly user?: number;
  /** A shell line that is executed where the helper will run, before it does. */
  readonly prepare?: string;
  /**
   * Keeps all of it on one processor. Linux 6.18 numbers mount namespaces for each processor by itself, and lets none be
   * mounted in one with a higher number, which stands for a younger one; the helper's own is young here.
   */
  readonly onOneProcessor?: true;
}

/**
 * A helper with a network and a mount namespace of its own, which for it are the host's: what a test adds
 * there no other program sees, and what others do meanwhile is no leak. All the rest it shares with this process.
 */
export class Machine {
  readonly folder = `/run/burrow-kernel-${process.pid}-${++folders}`;
  readonly socket = join(this.folder, 'helper.sock');
  /** The command line client, where every user may read it. */
  readonly burrow = join(this.folder, 'burrow.cjs');
  /** What the helper wrote to stderr: a line of JSON for each act and event. */
  log = '';
  /** How terminals ended, by their id. A connection has one listener for each notification. */
  readonly endings = new Map<string, Omit<Notification<'terminal/exited'>, 'terminal'>>();
  readonly #options: Options;
  readonly #inodes = new Set<number>();
  /** Keeps the namespaces while no helper runs. */
  readonly #holder = new Sleepers();
  #where: readonly string[] = [];
  #process: ChildProcess | undefined;
  #helper: Helper | undefined;
  #before: Belongings | undefined;

  private constructor(options: Options) {
    this.#options = options;
  }

  static async start(options: Options = {}): Promise<Machine> {
    const machine = new Machine(options);
    mkdirSync(machine.folder, { mode: 0o755 });
    copyFileSync(executable, machine.burrow);
    const unshare = ['unshare', '--net', '--mount', '--propagation', 'private', 'sleep', 'infinity'];
    const holder = await machine.#holder.start('env', ...machine.#processor, ...unshare);
    machine.#where = [`--mount=/proc/${holder}/ns/mnt`, `--net=/proc/${holder}/ns/net`, '--'];
    await machine.startHelper();
    return machine;
  }

  get #processor(): readonly string[] {
    return this.#options.onOneProcessor ? ['taskset', '--cpu-list', '0'] : [];
  }

  async startHelper(): Promise<void> {
    const serve = [process.execPath, executable, 'serve', '--socket', this.socket, '--user', String(this.#options.user ?? 0)];
    const line = `${this.#options.prepare ?? ':'} && exec "$0" "$@"`;
    const child = spawn('nsenter', [...this.#where, ...this.#processor, 'setpriv', '--pdeathsig', 'TERM', 'sh', '-ec', line, ...serve], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr?.on('data', (part: Buffer) => {
      this.log += part.toString();
    });
    let said = '';
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString();
    });
    await eventually(`the helper on ${this.socket}`, () => {
      if (child.exitCode !== null) throw new Error(`the helper ended: ${this.log}`);
      return said.includes('serving on');
    });
    this.#helper = await Helper.reach(this.socket);
    onNotification(this.#helper.wire, 'terminal/exited', ({ terminal, ...ending }) => void this.endings.set(terminal, ending));
    // A first scan, look, process and terminal make what the helper then keeps: threads and the relay.
    await this.call('namespaces/snapshot', {});
    await this.call('terminal/choices', { target: { pid: this.pid } });
    await this.call('process/run', { target: { pid: this.pid }, command: ['true'] });
    const { terminal } = await this.call('terminal/open', {
      target: { pid: this.pid },
      command: ['true'],
      size: { columns: 80, rows: 24 },
    });
    await this.call('terminal/close', { terminal });
    await eventually(`the end of terminal ${terminal}`, () => this.endings.has(terminal));
    await this.spare();
    this.#before ??= belongingsOf(this);
  }

  /** From here on counts what the helper comes to have; libuv, say, keeps a descriptor from a thread's first socket on. */
  async settle(): Promise<void> {
    await this.call('namespaces/snapshot', {});
    await this.spare();
    this.#before = belongingsOf(this);
  }

  /** The stage that waits for the next program. */
  spare(): Promise<number> {
    return eventually('a stage that waits', () => spareOf(this.pid));
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('no helper was started');
    return pid;
  }

  get helper(): Helper {
    if (!this.#helper) throw new Error('no helper was started');
    return this.#helper;
  }

  call<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
    return this.helper.request(method, params);
  }

  /** The failure that a request must end with. */
  async failure<M extends MethodName>(method: M, params: unknown): Promise<Failure> {
    try {
      await this.helper.request(method, params as ParamsInput<M>);
    } catch (error) {
      if (error instanceof HelperFailure) return error.failure;
      throw error;
    }
    throw new Error(`${method} did what it should refuse`);
  }

  async create(definition: DefinitionInput): Promise<Living> {
    return this.keepInMind(await this.call('sandbox/create', { definition }));
  }

  /** Its namespaces must be gone when the test ends. */
  keepInMind(sandbox: Sandbox): Living {
    const { pid } = sandbox;
    if (pid === undefined) throw new Error(`${sandbox.name} has no process`);
    for (const inode of Object.values(sandbox.namespaces)) this.#inodes.add(inode);
    return { ...sandbox, pid };
  }

  /** Runs a program of this machine where the helper runs, which must succeed. */
  run(command: string, ...rest: readonly string[]): string {
    return execFileSync('nsenter', [...this.#where, command, ...rest], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
    });
  }

  /** `burrow WORDS…` as a person types it, with the given standard input. */
  type(words: readonly string[], options: { input?: Buffer | string; as?: readonly string[] } = {}): SpawnSyncReturns<string> {
    const [command = '', ...rest] = [
      ...(options.as ?? []),
      process.execPath,
      this.burrow,
      ...words.slice(0, 1),
      '--socket',
      this.socket,
      ...words.slice(1),
    ];
    return spawnSync(command, rest, {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      ...(options.input !== undefined && { input: options.input }),
    });
  }

  /** Removes the sandboxes that a test has left, and then refuses whatever else is there that was not. */
  async requireClean(): Promise<void> {
    const { sandboxes } = await this.call('sandbox/list', {});
    for (const { id } of sandboxes) await this.call('sandbox/remove', { sandbox: id });
    const before = this.#before;
    if (!before) throw new Error('no helper was started');
    let left: readonly string[] = [];
    const clean = (): boolean => {
      left = leaks(before, belongingsOf(this), this.#inodes, this.pid);
      return left.length === 0;
    };
    await eventually('a clean machine', clean, 5).catch((error: unknown) => {
      if (left.length === 0) throw error; // it could not look
      throw new Error(`left behind:\n${left.join('\n')}`);
    });
    this.#inodes.clear();
  }

  async kill(): Promise<void> {
    const { pid } = this;
    this.#helper?.[Symbol.dispose]();
    process.kill(pid, 'SIGKILL');
    await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
  }

  /** Stops all the same when something is left: a test that has failed would wait for what still runs. */
  async stopClean(): Promise<void> {
    try {
      await this.requireClean();
    } finally {
      await this.stop();
    }
  }

  async stop(): Promise<void> {
    const { pid } = this;
    if (isAlive(pid)) {
      await this.call('helper/stop', {});
      await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
    }
    this.#helper?.[Symbol.dispose]();
    await this.#holder.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
