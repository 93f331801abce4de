// The command line's side of the socket.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createMessageConnection, type MessageConnection, StreamMessageReader } from 'vscode-jsonrpc/node';
import { onNotification, request } from '../protocol/calls.ts';
import { HelperFailure } from '../protocol/helper-failure.ts';
import { type MethodName, type ParamsInput, protocolVersion, type Result, streamGreeting } from '../protocol/methods.ts';
import { sudoLine } from '../protocol/shell-line.ts';
import { SocketMessageWriter } from '../server/message-writer.ts';
import { Refusal } from '../sys/errors.ts';
import { ownRunner } from './own-words.ts';
import { socketWords } from './sockets.ts';

export class Helper implements Disposable {
  readonly #path: string;
  readonly #connection: MessageConnection;
  /** What it said instead of serving this user. */
  #refusal: HelperFailure | undefined;

  private constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#connection = createMessageConnection(new StreamMessageReader(socket), new SocketMessageWriter(socket));
    // Without these two, requests that are under way when the helper dies would never settle.
    socket.on('end', () => socket.destroy());
    // Messages that came with the end are heard first.
    this.#connection.onClose(() => setImmediate(() => this.#connection.dispose()));
    onNotification(this.#connection, 'helper/refused', ({ failure }) => {
      this.#refusal = new HelperFailure(failure);
    });
    this.#connection.listen();
  }

  /** @throws Refusal when nobody answers or the helper is of another version */
  static async reach(path: string): Promise<Helper> {
    const helper = new Helper(path, await dial(path));
    try {
      await helper.request('helper/hello', { protocol: protocolVersion });
      return helper;
    } catch (error) {
      helper[Symbol.dispose](); // an open connection would keep this process from ending
      throw error;
    }
  }

  get wire(): MessageConnection {
    return this.#connection;
  }

  /** @throws HelperFailure what the helper answered, or why it does not serve this user */
  async request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
    try {
      return await request(this.#connection, method, params);
    } catch (error) {
      throw this.#refusal ?? error;
    }
  }

  /** The raw stream that a token stands for. */
  stream(token: string): Promise<Socket> {
    return greet(dial(this.#path), token);
  }

  /** A terminal and its stream, whose connection is made while the helper opens the terminal. */
  async openTerminal(params: ParamsInput<'terminal/open'>): Promise<Result<'terminal/open'> & { stream: Socket }> {
    const dialled = dial(this.#path);
    try {
      const opened = await this.request('terminal/open', params);
      return { ...opened, stream: await greet(dialled, opened.token) };
    } catch (error) {
      dialled.then(socket => socket.destroy()).catch(() => undefined);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.end();
    this.#connection.dispose();
  }
}

async function greet(dialled: Promise<Socket>, token: string): Promise<Socket> {
  const socket = await dialled;
  socket.write(streamGreeting(token));
  return socket;
}

async function dial(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    const failed = { syscall: 'connect', errno, subject: path };
    if (errno === 'EACCES') throw new Refusal('gone', `Could not reach ${path}: it belongs to another user.`, failed);
    throw new Refusal('gone', `Could not reach ${path}: no helper answers there.`, {
      ...failed,
      hint: `Start it with: ${sudoLine(ownRunner, ['serve', '--detach', ...socketWords(path)])}`,
    });
  }
}
