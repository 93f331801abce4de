// netlink(7): messages and attributes. Sockets are used synchronously: the kernel has answered when
// send returns, so that nothing waits and a socket may be made while visiting a network namespace.
import { closeSync } from 'node:fs';
import { SysError } from './errors.ts';
import { sys } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const HEADER_BYTES = 16;
const RECEIVE_BYTES = 1 << 17;
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

/** A string attribute without the NUL that ends it. */
export const textOf = (value: Buffer | undefined): string | undefined => value?.toString().replace(/\0.*$/s, '');

/** A route socket of the network namespace that this thread is in; it keeps that namespace wherever it is used. */
export class RouteSocket implements Disposable {
  readonly #fd: number;
  #sequence = 0;

  constructor() {
    this.#fd = sys('socket', 'a netlink socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  }

  /**
   * Sends one request and gives the answers.
   * @param subject what it is about, for the error, whose `syscall` is the message's name
   * @throws SysError with the errno that the kernel answered
   */
  request(name: string, subject: string, type: number, flags: number, payload: Buffer): Message[] {
    const sequence = ++this.#sequence;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(HEADER_BYTES + payload.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(flags | NLM_F_REQUEST | ((flags & NLM_F_DUMP) === NLM_F_DUMP ? 0 : NLM_F_ACK), 6);
    header.writeUInt32LE(sequence, 8);
    const message = Buffer.concat([header, payload]);
    sys('send', subject, this.#fd, message, message.length, 0);
    return this.#answers(name, subject, sequence);
  }

  #answers(name: string, subject: string, sequence: number): Message[] {
    const answers: Message[] = [];
    const buffer = Buffer.alloc(RECEIVE_BYTES);
    for (;;) {
      const bytes = sys('recv', subject, this.#fd, buffer, buffer.length, 0);
      for (let at = 0; at + HEADER_BYTES <= bytes; at += (buffer.readUInt32LE(at) + 3) & ~3) {
        const end = at + buffer.readUInt32LE(at);
        const type = buffer.readUInt16LE(at + 4);
        if (buffer.readUInt32LE(at + 8) !== sequence) continue;
        if (type === NLMSG_DONE) return answers;
        if (type === NLMSG_ERROR) {
          const errno = -buffer.readInt32LE(at + HEADER_BYTES);
          if (errno !== 0) throw new SysError(name, errno, subject);
          return answers;
        }
        answers.push({ type, payload: Buffer.from(buffer.subarray(at + HEADER_BYTES, end)) });
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
