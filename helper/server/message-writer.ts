import type { Socket } from 'node:net';
import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc/node';

/** The text of a message, in pieces. */
export type Encode = (message: Message) => readonly Uint8Array[];

const plain: Encode = message => [Buffer.from(JSON.stringify(message))];

export interface Writing {
  readonly encode?: Encode;
  /** Called when the kernel has taken all of a message. */
  readonly onWritten?: (message: Message) => void;
}

/** So much is kept of what the other side does not read. */
const BACKLOG_BYTES = 32 << 20;

/**
 * Writes each message at once. The library's own writes the header and then the body: two system calls, and two
 * awakenings of whoever reads, in an answer that takes no longer than that. Nothing is copied for it: what is told of
 * ten thousand processes would be in memory three times.
 *
 * Another side that has not read for long is cut off. When it comes back it begins again with everything.
 */
export class SocketMessageWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;
  readonly #writing: Writing;
  #failures = 0;

  constructor(socket: Socket, writing: Writing = {}) {
    super();
    this.#socket = socket;
    this.#writing = writing;
    socket.on('error', (error: Error) => this.fireError(error)).on('close', () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    if (this.#socket.writableLength > BACKLOG_BYTES) this.#socket.destroy();
    const { encode = plain, onWritten } = this.#writing;
    try {
      await this.#send(encode(message));
      onWritten?.(message);
    } catch (error) {
      this.fireError(error, message, ++this.#failures);
      throw error;
    }
  }

  end(): void {
    this.#socket.end();
  }

  #send(body: readonly Uint8Array[]): Promise<void> {
    const bytes = body.reduce((sum, { length }) => sum + length, 0);
    const pieces = [Buffer.from(`Content-Length: ${bytes}\r\n\r\n`), ...body];
    return new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve());
      this.#socket.cork();
      pieces.forEach((piece, index) => {
        this.#socket.write(piece, index === pieces.length - 1 ? done : undefined);
      });
      this.#socket.uncork();
    });
  }
}
