// netlink(7): messages and attributes. Sockets are used synchronously: the kernel has answered when
// send returns, so that nothing waits and a socket may be made while visiting a network namespace.
import { closeSync } from 'node:fs';
import { SysError } from './errors.ts';
import { sendInBackground, sys } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const HEADER_BYTES = 16;
const RECEIVE_BYTES = 1 << 17;
const MSG_DONTWAIT = 0x40;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
export const NLM_F_CREATE = 0x400;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;

export interface Message {
  readonly type: number;
  /** What follows the header: the family's fixed struct, then attributes. */
  readonly payload: Buffer;
}

/** One attribute, padded to four bytes (rtnetlink(7)). */
export function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

export const nested = (type: number, ...attributes: readonly Buffer[]): Buffer => attribute(type, Buffer.concat(attributes));

export const text = (value: string): Buffer => Buffer.from(`${value}\0`);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** The attributes that follow a fixed struct of `skip` bytes, by type; the flags in a type's upper bits are dropped. */
export function parseAttributes(payload: Buffer, skip: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = skip; at + 4 <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < 4) break;
    found.set(payload.readUInt16LE(at + 2) & 0x3fff, payload.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

/** One of those alone. */
export function attributeOf(payload: Buffer, skip: number, type: number): Buffer | undefined {
  for (let at = skip; at + 4 <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < 4) break;
    if ((payload.readUInt16LE(at + 2) & 0x3fff) === type) return payload.subarray(at + 4, at + length);
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** A string attribute without the NUL that ends it. */
export const textOf = (value: Buffer | undefined): string | undefined => value?.toString().replace(/\0.*$/s, '');

/** A message to the kernel, as data. */
export interface Request {
  /** The message's name, `RTM_NEWLINK`. */
  readonly name: string;
  /** What it is about, for the error. */
  readonly subject: string;
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** The kernel refused a request; `syscall` is the message's name. */
export class RequestFailed extends SysError {
  /** Its place among those that were sent together, from 0. */
  readonly index: number;
  constructor({ name, subject }: Request, index: number, errno: number) {
    super(name, errno, subject);
    this.index = index;
  }
}

/** One for all sockets: what is received is copied out before anything else runs. */
const buffer = Buffer.alloc(RECEIVE_BYTES);

/** A route socket of the network namespace that this thread is in; it keeps that namespace wherever it is used. */
export class RouteSocket implements Disposable {
  readonly #fd: number;
  #sequence = 0;

  /** @param groups whose announcements it receives, as a mask, rtnetlink(7) */
  constructor(groups = 0) {
    this.#fd = sys('socket', 'a netlink socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (groups === 0) return;
    try {
      const address = addressOf(groups);
      sys('bind', 'a netlink socket', this.#fd, address, address.length);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /**
   * Sends one request and gives the answers.
   * @throws RequestFailed with the errno that the kernel answered
   */
  request(request: Request): Message[] {
    return this.together([request])[0] ?? [];
  }

  /**
   * Sends requests that are no dumps by one send(2), and gives the answers to each. The kernel takes them in order, and
   * the ones after a failure too: whoever undoes one undoes them all.
   * @throws RequestFailed of the first that failed
   */
  together(requests: readonly Request[]): Message[][] {
    const first = this.#sequence + 1;
    const subject = requests[0]?.subject ?? 'nothing';
    const messages = Buffer.concat(requests.map(each => this.#encode(each)));
    sys('send', subject, this.#fd, messages, messages.length, 0);
    const answers = requests.map((): Message[] => []);
    let failed: RequestFailed | undefined;
    for (let open = requests.length; open > 0; ) {
      for (const { sequence, ...message } of this.#receive(subject, 0)) {
        const request = requests[sequence - first];
        if (!request) continue; // an announcement
        const errno = message.type === NLMSG_DONE ? 0 : answeredErrno(message);
        if (errno === undefined) {
          answers[sequence - first]?.push(message);
          continue;
        }
        open--;
        if (errno !== 0) failed ??= new RequestFailed(request, sequence - first, errno);
      }
    }
    if (failed) throw failed;
    return answers;
  }

  /** Sends a request that the kernel takes its time over, on another thread. What comes back is {@link received}. */
  sendInBackground(request: Request): Promise<void> {
    return sendInBackground(this.#fd, this.#encode(request), request.subject);
  }

  /** All that has come: announcements, and answers to what was sent in the background. @throws SysError ENOBUFS when some were lost */
  received(): Message[] {
    try {
      return this.#receive('announcements', MSG_DONTWAIT);
    } catch (error) {
      if (error instanceof SysError && error.errno === 'EAGAIN') return [];
      throw error;
    }
  }

  #encode({ type, flags, payload }: Request): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(HEADER_BYTES + payload.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(flags | NLM_F_REQUEST | ((flags & NLM_F_DUMP) === NLM_F_DUMP ? 0 : NLM_F_ACK), 6);
    header.writeUInt32LE(++this.#sequence, 8);
    return Buffer.concat([header, payload, Buffer.alloc(-payload.length & 3)]);
  }

  #receive(subject: string, flags: number): Sequenced[] {
    const length = sys('recv', subject, this.#fd, buffer, buffer.length, flags);
    const bytes = Buffer.from(buffer.subarray(0, length));
    const messages: Sequenced[] = [];
    for (let at = 0; at + HEADER_BYTES <= length; at += (bytes.readUInt32LE(at) + 3) & ~3) {
      const payload = bytes.subarray(at + HEADER_BYTES, at + bytes.readUInt32LE(at));
      messages.push({ type: bytes.readUInt16LE(at + 4), sequence: bytes.readUInt32LE(at + 8), payload });
    }
    return messages;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

interface Sequenced extends Message {
  /** That of the request which it answers; 0 for an announcement. */
  readonly sequence: number;
}

/** What an acknowledgement (0) or a failure says; undefined for any other message. */
export const answeredErrno = ({ type, payload }: Message): number | undefined =>
  type === NLMSG_ERROR ? -payload.readInt32LE(0) : undefined;

/** struct sockaddr_nl */
function addressOf(groups: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(AF_NETLINK, 0);
  bytes.writeUInt32LE(groups, 8);
  return bytes;
}
