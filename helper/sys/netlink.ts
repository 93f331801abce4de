// Sockets of netlink(7). They are used synchronously: the kernel has answered when send returns, so that nothing waits
// and a socket may be made while visiting a network namespace.
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { SysError } from './errors.ts';
import { MSG_DONTWAIT, MSG_TRUNC } from './flags.ts';
import { sendInBackground, sys } from './libc.ts';
import { answeredErrno, type Message, parseMessages } from './netlink-messages.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const HEADER_BYTES = 16;
const RECEIVE_BYTES = 1 << 17;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
export const NLM_F_CREATE = 0x400;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;

/** What one request may bring: a namespace that somebody filled with links without end is not read to its end. */
const ANSWER_BYTES = 64 << 20;
/** Datagrams of others that are thrown away in one go. */
const STRANGE = 1000;

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

/**
 * A route socket of the network namespace that this thread is in; it keeps that namespace wherever it is used. Root of that
 * namespace may send to any netlink socket there: this one is connected to the kernel, which refuses all others to it
 * (ECONNREFUSED), and what came before that is thrown away.
 */
export class RouteSocket implements Disposable {
  readonly #fd: number;
  #sequence = 0;

  /** @param groups whose announcements it receives, as a mask, rtnetlink(7) */
  constructor(groups = 0) {
    this.#fd = sys('socket', 'a netlink socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    try {
      if (groups !== 0) sys('bind', 'a netlink socket', this.#fd, addressOf(groups), ADDRESS_BYTES);
      sys('connect', 'a netlink socket', this.#fd, addressOf(0), ADDRESS_BYTES);
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
    let bytes = 0;
    for (let open = requests.length; open > 0; ) {
      const datagram = this.#receive(subject);
      bytes += datagram.length;
      if (bytes > ANSWER_BYTES) throw new SysError('recvfrom', constants.errno.EMSGSIZE, subject);
      for (const message of parseMessages(datagram)) {
        const { sequence } = message;
        const request = requests[sequence - first];
        if (!request) continue; // an announcement
        const errno = answeredErrno(message);
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
      return parseMessages(this.#receive('announcements'));
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

  /**
   * One datagram of the kernel's. It is there already when it answers a request: one that was lost is never waited for.
   * @throws SysError EAGAIN when there is none, ENOBUFS when some were lost, EMSGSIZE for one that is too long
   */
  #receive(subject: string): Buffer {
    for (let strange = 0; strange < STRANGE; strange++) {
      const address = Buffer.alloc(ADDRESS_BYTES);
      const addressBytes = Buffer.alloc(4);
      addressBytes.writeUInt32LE(address.length);
      const length = sys('recvfrom', subject, this.#fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC, address, addressBytes);
      if (portOf(address) !== KERNEL) continue;
      if (length > buffer.length) throw new SysError('recvfrom', constants.errno.EMSGSIZE, subject);
      return Buffer.from(buffer.subarray(0, length));
    }
    throw new SysError('recvfrom', constants.errno.EAGAIN, subject);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** struct sockaddr_nl { u16 family, pad; u32 port, groups } */
const ADDRESS_BYTES = 12;
/** Its port. */
const KERNEL = 0;

const portOf = (address: Buffer): number => address.readUInt32LE(4);

function addressOf(groups: number): Buffer {
  const bytes = Buffer.alloc(ADDRESS_BYTES);
  bytes.writeUInt16LE(AF_NETLINK, 0);
  bytes.writeUInt32LE(groups, 8);
  return bytes;
}
