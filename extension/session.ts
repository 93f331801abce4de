import type { Duplex } from 'node:stream';
import { EventEmitter, type LogOutputChannel, type Memento, workspace } from 'vscode';
import type { MethodName, Notification, ParamsInput, Result } from '../helper/protocol/methods.ts';
import type { Hello, Sandbox } from '../helper/protocol/model.ts';
import { setContext } from './context.ts';
import type { Connection } from './helper-client/connection.ts';
import { answers } from './helper-client/dial.ts';
import { ConnectionLost, LaunchFailed, NotRunning, OtherVersion } from './helper-client/errors.ts';
import { isRoot, launch, type Program, untilSilent } from './helper-client/launch.ts';
import type { Machine } from './machine/machine.ts';
import { type EndedRun, Runs } from './runs.ts';
import { defaultSocket, readSetting } from './settings.ts';
import { World } from './world.ts';

export type HelperState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly hello: Hello }
  | { readonly kind: 'died'; readonly reason: string };

/** What is remembered when the window is gone: of the person everywhere, and of this workspace. */
export interface Storage {
  readonly everywhere: Memento;
  readonly workspace: Memento;
}

/** Only a window that has a helper loads JSON-RPC and the schemas of the protocol, which take longer than all the rest. */
const openConnection = async (socket: string): Promise<Connection> =>
  (await import('./helper-client/connection.ts')).Connection.open(socket);

/** What the features share: the helper, the machine as it last described it, and the log. */
export class Session {
  readonly log: LogOutputChannel;
  readonly storage: Storage;
  readonly #script: string;
  #state: HelperState = { kind: 'stopped' };
  readonly #world = new World();
  #connection: Connection | undefined;
  #starting: Promise<void> | undefined;
  readonly #stateChanged = new EventEmitter<HelperState>();
  readonly #terminalEnded = new EventEmitter<Notification<'terminal/exited'>>();
  readonly #sandboxMade = new EventEmitter<Sandbox>();
  readonly #runEnded = new EventEmitter<EndedRun>();

  readonly onDidChangeState = this.#stateChanged.event;
  /** A few times a second at most: see {@link World}. */
  readonly onDidChangeMachine = this.#world.onDidChange;
  readonly onDidEndTerminal = this.#terminalEnded.event;
  /** The person made one, in this window. */
  readonly onDidMakeSandbox = this.#sandboxMade.event;
  readonly runs = new Runs();
  readonly onDidEndRun = this.#runEnded.event;

  /** @param script the helper's bundle */
  constructor(log: LogOutputChannel, script: string, storage: Storage) {
    this.log = log;
    this.storage = storage;
    this.#script = script;
    this.#become({ kind: 'stopped' });
  }

  get state(): HelperState {
    return this.#state;
  }

  /** Empty when no helper runs. */
  get machine(): Machine {
    return this.#world.machine;
  }

  get hello(): Hello | undefined {
    return this.#state.kind === 'running' ? this.#state.hello : undefined;
  }

  /** Has the helper say anew what can be done on this machine, which it tries when a setting has changed. @throws as request does */
  async greet(): Promise<Hello> {
    if (!this.#connection) throw new NotRunning();
    const hello = await this.#connection.hello();
    if (this.hello && JSON.stringify(this.hello) !== JSON.stringify(hello)) this.#become({ kind: 'running', hello });
    return hello;
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
    const connection = await openConnection(socket);
    try {
      const hello = await connection.hello();
      const uid = process.getuid?.();
      this.#world.begin({ helperPid: hello.pid, privileged: hello.privileged, ...(uid === undefined ? {} : { uid }) });
      const whole = this.#listen(connection);
      await Promise.all([connection.request('namespaces/watch', {}), whole]);
      const { sandboxes } = await connection.request('sandbox/list', {});
      this.#connection = connection;
      this.#become({ kind: 'running', hello });
      this.#world.takeSandboxes(sandboxes);
      this.log.info(`connected to helper ${hello.version}, process ${hello.pid}, ${hello.privileged ? 'root' : 'unprivileged'}`);
    } catch (error) {
      connection.dispose();
      throw error;
    }
  }

  /** Resolves when everything there is has been told. */
  #listen(connection: Connection): Promise<void> {
    const current = (): boolean => this.#connection === connection;
    connection.onNotification('sandbox/changed', ({ sandboxes }) => {
      if (current()) this.#world.takeSandboxes(sandboxes);
    });
    connection.onNotification('terminal/exited', ending => this.#terminalEnded.fire(ending));
    connection.onNotification('sandbox/ended', ({ sandbox, report }) => this.#runEnded.fire(this.runs.end(sandbox, report)));
    connection.onClose(() => {
      if (!current()) return;
      this.#connection = undefined;
      this.log.warn('the helper closed the connection');
      this.#become({ kind: 'died', reason: "Burrow's helper has stopped." });
    });
    return new Promise((resolve, reject) => {
      connection.onClose(() => reject(new ConnectionLost()));
      connection.onNotification('namespaces/changed', difference => {
        if (difference.resynchronised) this.log.warn('events were lost: the helper has read everything again');
        if (this.#world.apply(difference) !== 'part') resolve();
      });
    });
  }

  /** Has the helper read everything anew; what is different by now comes as every change does. */
  async refresh(): Promise<void> {
    const [{ processes, namespaces, tookMs }, { sandboxes }] = await Promise.all([
      this.request('namespaces/refresh', { deep: true }),
      this.request('sandbox/list', {}),
    ]);
    this.log.info(`read ${processes} processes and ${namespaces} namespaces in ${Math.round(tookMs)} ms`);
    if (this.hello) this.#world.takeSandboxes(sandboxes);
    await this.greet();
  }

  /** Takes in a sandbox that was made or changed just now, before the helper's notification of it. */
  takeIn(sandbox: Sandbox): void {
    if (!this.hello) return;
    const others = this.machine.sandboxes.filter(each => each.id !== sandbox.id);
    this.#world.takeSandboxes([...others, sandbox]);
  }

  /** Takes in a sandbox that the person made, and tells who wants to show it. */
  announce(sandbox: Sandbox): void {
    this.takeIn(sandbox);
    this.#sandboxMade.fire(sandbox);
  }

  /** Ends the helper; what it made lives on. */
  async stop(): Promise<void> {
    const { socket } = this.#program;
    // A connection of its own: one of another version has none here that could be asked.
    const connection = await openConnection(socket);
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

  #become(state: HelperState): void {
    this.#state = state;
    void setContext('burrow.helper.state', state.kind);
    void setContext('burrow.helper.running', state.kind === 'running');
    this.#stateChanged.fire(state);
    if (state.kind === 'running') return;
    this.runs.forget();
    this.#world.begin();
  }
}
