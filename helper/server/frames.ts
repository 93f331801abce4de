// The frames of JSON-RPC over a stream, as the language server protocol has them: `Content-Length: 12`, an empty line, twelve bytes.

/** More than the two lines that there are. */
export const HEADER_BYTES = 1024;
/** A definition, the input of a command, ten thousand paths: nothing that is asked comes near it. */
export const MESSAGE_BYTES = 8 << 20;
/** A body grows with what has come: to promise much costs nothing here. */
const BODY_BYTES = 1 << 16;

const headerEnd = '\r\n\r\n';

/**
 * The bodies of the frames, one after the other; it takes time and memory in proportion to what has come.
 * @throws Error for what is no frame, or is larger than a frame may be
 */
export async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let header: Buffer = Buffer.alloc(0);
  let body: Body | undefined;
  for await (const part of stream) {
    for (let rest = part; rest.length > 0; ) {
      if (!body) {
        header = header.length === 0 ? rest : Buffer.concat([header, rest]);
        const end = header.subarray(0, HEADER_BYTES).indexOf(headerEnd);
        if (end < 0 && header.length >= HEADER_BYTES) throw new Error(`a header of more than ${HEADER_BYTES} bytes`);
        if (end < 0) break;
        body = new Body(lengthIn(header.toString('latin1', 0, end)));
        rest = header.subarray(end + headerEnd.length);
        header = Buffer.alloc(0);
      }
      rest = body.take(rest);
      if (!body.isWhole) break;
      yield body.bytes;
      body = undefined;
    }
  }
}

/** @throws Error */
function lengthIn(header: string): number {
  const length = Number(/^content-length: *(\d{1,10})$/im.exec(header)?.[1] ?? Number.NaN);
  if (!(length > 0 && length <= MESSAGE_BYTES)) throw new Error(`a message of ${length} bytes`);
  return length;
}

/** The bytes of one message as far as they have come. */
class Body {
  readonly #length: number;
  #room: Buffer;
  #filled = 0;

  constructor(length: number) {
    this.#length = length;
    this.#room = Buffer.allocUnsafe(Math.min(length, BODY_BYTES));
  }

  get isWhole(): boolean {
    return this.#filled === this.#length;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#filled);
  }

  /** @returns what belongs to the next */
  take(part: Buffer): Buffer {
    const mine = part.subarray(0, this.#length - this.#filled);
    if (this.#filled + mine.length > this.#room.length) this.#grow(this.#filled + mine.length);
    mine.copy(this.#room, this.#filled);
    this.#filled += mine.length;
    return part.subarray(mine.length);
  }

  /** To twice its size at least, so that all of it is copied a few times only. */
  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.min(this.#length, Math.max(needed, this.#room.length * 2)));
    this.bytes.copy(larger);
    this.#room = larger;
  }
}
