import type { Socket } from 'node:net';
import { CancellationToken, createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node';
import { ZodError } from 'zod';
import { onNotification, request, type Wire } from '../../helper/protocol/calls.ts';
import { HelperFailure } from '../../helper/protocol/helper-failure.ts';
import {
  type MethodName,
  type Notification,
  type NotificationName,
  type ParamsInput,
  protocolVersion,
  type Result,
  streamGreeting,
} from '../../helper/protocol/methods.ts';
import type { Hello } from '../../helper/protocol/model.ts';
import { dial } from './dial.ts';
import { ConnectionLost, OtherVersion, Unreadable } from './errors.ts';

/** The connection as the shared module wants it: always a rejection, never a throw in the same tick. */
const wireOf = (rpc: MessageConnection): Wire => ({
  // An undefined token would be sent as a second parameter.
  sendRequest: async (method, params, token) =>
    CancellationToken.is(token) ? rpc.sendRequest(method, params, token) : rpc.sendRequest(method, params),
  onNotification: (method, handler) => rpc.onNotification(method, handler),
});

/** One connection to a helper. When it ends, every request that waits fails with {@link ConnectionLost}. */
export class Connection {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #wire: Wire;
  #closed = false;
  /** What it said instead of serving this user. */
  #refusal: HelperFailure | undefined;

  private constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#socket = socket;
    this.#rpc = createMessageConnection(socket, socket);
    this.#wire = wireOf(this.#rpc);
    // Without this, requests that wait would never settle.
    this.#rpc.onClose(() => setImmediate(() => this.dispose())); // messages that came with the end are heard first
    this.onNotification('helper/refused', ({ failure }) => {
      this.#refusal = new HelperFailure(failure);
    });
    this.#rpc.onError(() => this.dispose());
    socket.on('error', () => this.dispose());
    this.#rpc.listen();
  }

  static async open(path: string): Promise<Connection> {
    return new Connection(path, await dial(path));
  }

  /** @throws OtherVersion when the two do not speak the same protocol */
  async hello(): Promise<Hello> {
    const hello = await this.request('helper/hello', { protocol: protocolVersion }).catch((error: unknown) => {
      throw error instanceof ConnectionLost || error === this.#refusal ? error : new OtherVersion(error);
    });
    if (hello.protocol !== protocolVersion) throw new OtherVersion();
    return hello;
  }

  /** @throws HelperFailure what the helper answered; ConnectionLost; Unreadable */
  async request<M extends MethodName>(method: M, params: ParamsInput<M>, token?: unknown): Promise<Result<M>> {
    try {
      return await request(this.#wire, method, params, token);
    } catch (error) {
      if (this.#refusal) throw this.#refusal;
      if (error instanceof ZodError) throw new Unreadable(error);
      throw this.#closed && !(error instanceof HelperFailure) ? new ConnectionLost(error) : error;
    }
  }

  onNotification<N extends NotificationName>(name: N, handler: (notification: Notification<N>) => void): void {
    onNotification(this.#wire, name, handler);
  }

  /** Calls back once, whichever side ended it. */
  onClose(handler: () => void): void {
    this.#socket.once('close', handler);
  }

  /** A connection of its own that carries the raw bytes of a terminal. It ends at once when the token is refused. */
  async openStream(token: string): Promise<Socket> {
    const stream = await dial(this.#path);
    stream.write(streamGreeting(token));
    return stream;
  }

  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rpc.dispose();
    this.#socket.destroy();
  }
}
