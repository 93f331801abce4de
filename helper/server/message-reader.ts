import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AbstractMessageReader, type DataCallback, type Disposable, Message, type MessageReader } from 'vscode-jsonrpc/node';
import { background } from '../sys/background.ts';
import { frames } from './frames.ts';
import type { Traffic } from './traffic.ts';

/**
 * Reads one message after the other, and no further while too many requests are under way. The library's own keeps
 * whatever comes, of any size and number, and looks through all of it again at each part that comes.
 */
export class SocketMessageReader extends AbstractMessageReader implements MessageReader {
  readonly #socket: Socket;
  readonly #traffic: Traffic;
  readonly #onOther: () => void;

  /** @param onOther called for what is JSON and none of JSON-RPC's three kinds of message, as a batch of them */
  constructor(socket: Socket, traffic: Traffic, onOther: () => void) {
    super();
    this.#socket = socket;
    this.#traffic = traffic;
    this.#onOther = onOther;
  }

  /** Whatever is no frame, or no JSON, ends the connection and nothing else. */
  listen(callback: DataCallback): Disposable {
    background('the messages of a client', async () => {
      try {
        for await (const frame of frames(this.#socket)) {
          this.#hear(JSON.parse(frame.toString()), callback);
          // The library looks at one message a turn, and would keep all that come faster.
          await nextTurn();
          await this.#traffic.room();
        }
      } catch (error) {
        this.fireError(error);
      } finally {
        this.#socket.destroy();
        this.fireClose();
      }
    });
    return { dispose: () => this.#socket.destroy() };
  }

  #hear(message: Message, callback: DataCallback): void {
    const isRequest = Message.isRequest(message);
    if (isRequest) this.#traffic.asked();
    if (isRequest || Message.isNotification(message) || Message.isResponse(message)) callback(message);
    else this.#onOther();
  }
}
