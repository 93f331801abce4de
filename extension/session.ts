import type { Duplex } from 'node:stream';
import { commands, EventEmitter, type LogOutputChannel, workspace } from 'vscode';
import { apply, type Difference } from '../helper/protocol/difference.ts';
import type { MethodName, Notification, ParamsInput, Result } from '../helper/protocol/methods.ts';
import type { Hello, Sandbox, Snapshot } from '../helper/protocol/model.ts';
import type { ContextKey } from './command-ids.ts';
import { answers, Connection } from './helper-client/connection.ts';
import { LaunchFailed, NotRunning, OtherVersion } from './helper-client/errors.ts';
import { isRoot, launch, type Program, untilSilent } from './helper-client/launch.ts';
import { Machine } from './machine.ts';
import { defaultSocket, readSetting } from './settings.ts';

export type HelperState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly hello: Hello }
  | { readonly kind: 'died'; readonly reason: string };

const setContext = (key: ContextKey, value: unknown): Thenable<unknown> => commands.executeCommand('setContext', key, value);

/** What the features share: the helper, the machine as it last described it, and the log. */
export class Session {
  readonly log: LogOutputChannel;
  readonly #script: string;
  #state: HelperState = { kind: 'stopped' };
  #machine = new Machine();
  #connection: Connection | undefined;
  #starting: Promise<void> | undefined;
  readonly #stateChanged = new EventEmitter<HelperState>();
  readonly #machineChanged = new EventEmitter<Difference | undefined>();
  readonly #terminalEnded = new EventEmitter<Notification<'terminal/exited'>>();
  readonly #sandboxMade = new EventEmitter<Sandbox>();

  readonly onDidChangeState = this.#stateChanged.event;
  /** With the difference to the machine before; without one, everything may be different. */
  readonly onDidChangeMachine = this.#machineChanged.event;
  readonly onDidEndTerminal = this.#terminalEnded.event;
  /** The person made one, in this window. */
  readonly onDidMakeSandbox = this.#sandboxMade.event;

  /** @param script the helper's bundle */
  constructor(log: LogOutputChannel, script: string) {
    this.log = log;
    this.#script = script;
    this.#become({ kind: 'stopped' });
  }

  get state(): HelperState {
    return this.#state;
  }

  /** Empty when no helper runs. */
  get machine(): Machine {
    return this.#machine;
  }

  get hello(): Hello | undefined {
    return this.#state.kind === 'running' ? this.#state.hello : undefined;
  }

  get #configuration() {
    return workspace.getConfiguration('burrow');
  }

  /** Whether a helper can be started without asking: root is asked for no password. */
  get startsUnasked(): boolean {
    return isRoot() && readSetting(this.#configuration, 'helper.autoStart');
  }

  get #program(): Program {
    return { script: this.#script, socket: readSetting(this.#configuration, 'helper.socket') || defaultSocket };
  }

  /** @throws NotRunning, and what {@link Connection.request} throws */
  async request<M extends MethodName>(method: M, params: ParamsInput<M>, token?: unknown): Promise<Result<M>> {
    if (!this.#connection) throw new NotRunning();
    this.log.debug(`${method} ${JSON.stringify(params)}`);
    return this.#connection.request(method, params, token);
  }

  async openStream(token: string): Promise<Duplex> {
    if (!this.#connection) throw new NotRunning();
    return this.#connection.openStream(token);
  }

  /** Connects to a helper that runs already; resolves to whether there was one. Starts none. */
  async connectIfAnswers(): Promise<boolean> {
    if (this.#connection) return true;
    if (!(await answers(this.#program.socket))) return false;
    await this.start();
    return true;
  }

  /** Starts a helper unless one answers, and connects to it. Asking twice is asking once. */
  start(): Promise<void> {
    if (this.#connection) return Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#become({ kind: 'starting' });
    const program = this.#program;
    try {
      if (!(await answers(program.socket))) await launch(program);
      await this.#connect(program.socket);
    } catch (error) {
      this.#become(error instanceof OtherVersion ? { kind: 'died', reason: error.message } : { kind: 'stopped' });
      throw error;
    }
  }

  async #connect(socket: string): Promise<void> {
    const connection = await Connection.open(socket);
    try {
      const hello = await connection.hello();
      this.#listen(connection, hello);
      await connection.request('namespaces/watch', {});
      const snapshot = await connection.request('namespaces/snapshot', {});
      const { sandboxes } = await connection.request('sandbox/list', {});
      this.#connection = connection;
      this.#become({ kind: 'running', hello });
      this.#take(snapshot, sandboxes, hello);
      this.log.info(`connected to helper ${hello.version}, process ${hello.pid}, ${hello.privileged ? 'root' : 'unprivileged'}`);
    } catch (error) {
      connection.dispose();
      throw error;
    }
  }

  #listen(connection: Connection, hello: Hello): void {
    // What comes before the first snapshot is in that snapshot.
    const current = (): boolean => this.#connection === connection;
    connection.onNotification('namespaces/changed', difference => {
      if (current()) this.#take(apply(this.#machine.snapshot, difference), this.#machine.sandboxes, hello, difference);
    });
    connection.onNotification('sandbox/changed', ({ sandboxes }) => {
      if (current()) this.#take(this.#machine.snapshot, sandboxes, hello);
    });
    connection.onNotification('terminal/exited', ending => this.#terminalEnded.fire(ending));
    connection.onClose(() => {
      if (!current()) return;
      this.#connection = undefined;
      this.log.warn('the helper closed the connection');
      this.#become({ kind: 'died', reason: "Burrow's helper has stopped." });
    });
  }

  /** Reads everything anew. */
  async refresh(): Promise<void> {
    const [snapshot, { sandboxes }] = await Promise.all([this.request('namespaces/snapshot', {}), this.request('sandbox/list', {})]);
    const hello = this.hello;
    if (hello) this.#take(snapshot, sandboxes, hello);
  }

  /** Takes in a sandbox that was made just now, before the helper's notification of it. */
  announce(sandbox: Sandbox): void {
    const hello = this.hello;
    if (!hello) return;
    const others = this.#machine.sandboxes.filter(each => each.id !== sandbox.id);
    this.#take(this.#machine.snapshot, [...others, sandbox], hello);
    this.#sandboxMade.fire(sandbox);
  }

  /** Ends the helper; what it made lives on. */
  async stop(): Promise<void> {
    const { socket } = this.#program;
    // A connection of its own: one of another version has none here that could be asked.
    const connection = await Connection.open(socket);
    this.disconnect();
    // It may be gone before it answers.
    await connection.request('helper/stop', {}).catch((error: unknown) => this.log.debug(String(error)));
    connection.dispose();
    if (!(await untilSilent(socket))) throw new LaunchFailed("Burrow's helper was told to stop, and still answers");
  }

  async restart(): Promise<void> {
    if (await answers(this.#program.socket)) await this.stop();
    await this.start();
  }

  /** Closes the connection; the helper lives on, the terminals end. */
  disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.dispose();
    this.#become({ kind: 'stopped' });
  }

  #take(snapshot: Snapshot, sandboxes: readonly Sandbox[], hello: Hello, difference?: Difference): void {
    this.#machine = new Machine(snapshot, sandboxes, hello.pid);
    this.#machineChanged.fire(difference);
  }

  #become(state: HelperState): void {
    this.#state = state;
    void setContext('burrow.helper.state', state.kind);
    void setContext('burrow.helper.running', state.kind === 'running');
    this.#stateChanged.fire(state);
    if (state.kind === 'running') return;
    this.#machine = new Machine();
    this.#machineChanged.fire(undefined);
  }
}
