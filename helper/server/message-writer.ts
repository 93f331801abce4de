import type { Socket } from 'node:net';
import { AbstractMessageWriter, type ContentTypeEncoder, type Message, type MessageWriter } from 'vscode-jsonrpc/node';

const plain: ContentTypeEncoder = { name: 'application/json', encode: async message => Buffer.from(JSON.stringify(message)) };

/**
 * Writes each message at once. The library's own writes the header and then the body: two system calls, and two
 * awakenings of whoever reads, in an answer that takes no longer than that.
 */
export class SocketMessageWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;
  readonly #encoder: ContentTypeEncoder;
  /** Messages leave in the order in which they were given. */
  #last: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(socket: Socket, encoder = plain) {
    super();
    this.#socket = socket;
    this.#encoder = encoder;
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
    const body = await this.#encoder.encode(message, { charset: 'utf-8' });
    const header = Buffer.from(`Content-Length: ${body.length}\r\n\r\n`);
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(Buffer.concat([header, body]), error => (error ? reject(error) : resolve()));
    }).catch((error: unknown) => {
      this.fireError(error, message, ++this.#failures);
      throw error;
    });
  }
}
