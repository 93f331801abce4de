import type { Socket } from 'node:net';
import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc/node';

/** The text of a message, in pieces. */
export type Encode = (message: Message) => readonly Uint8Array[];

const plain: Encode = message => [Buffer.from(JSON.stringify(message))];

/**
 * Writes each message at once. The library's own writes the header and then the body: two system calls, and two
 * awakenings of whoever reads, in an answer that takes no longer than that. Nothing is copied for it: what is told of
 * ten thousand processes would be in memory three times.
 */
export class SocketMessageWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;
  readonly #encode: Encode;
  /** Messages leave in the order in which they were given. */
  #last: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(socket: Socket, encode = plain) {
    super();
    this.#socket = socket;
    this.#encode = encode;
    socket.on('error', (error: Error) => this.fireError(error)).on('close', () => this.fireClose());
  }

  write(message: Message): Promise<void> {
    const written = this.#last.then(() => this.#write(message));
    this.#last = written.catch(() => undefined);
    return written;
  }

  end(): void {
    this.#socket.end();
  }

  async #write(message: Message): Promise<void> {
    const body = this.#encode(message);
    const bytes = body.reduce((sum, { length }) => sum + length, 0);
    const pieces = [Buffer.from(`Content-Length: ${bytes}\r\n\r\n`), ...body];
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve());
      this.#socket.cork();
      pieces.forEach((piece, index) => {
        this.#socket.write(piece, index === pieces.length - 1 ? done : undefined);
      });
      this.#socket.uncork();
    }).catch((error: unknown) => {
      this.fireError(error, message, ++this.#failures);
      throw error;
    });
  }
}
