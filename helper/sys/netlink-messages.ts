// What is in a datagram of netlink(7): messages, and in each a fixed struct with attributes behind it. Every length in there
// is checked against what there is; what does not fit ends the reading, and is never an error.

const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

export interface Message {
  readonly type: number;
  /** That of the request which it answers; 0 for an announcement. */
  readonly sequence: number;
  /** What follows the header: the family's fixed struct, then attributes. */
  readonly payload: Buffer;
}

/** Netlink's records begin at multiples of four bytes. */
const aligned = (length: number): number => (length + 3) & ~3;

/** The messages of one datagram, struct nlmsghdr { u32 length; u16 type, flags; u32 sequence, port }. */
export function parseMessages(datagram: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_BYTES || length > datagram.length - at) break;
    const payload = datagram.subarray(at + HEADER_BYTES, at + length);
    messages.push({ type: datagram.readUInt16LE(at + 4), sequence: datagram.readUInt32LE(at + 8), payload });
    at += aligned(length);
  }
  return messages;
}

/** 0 for an acknowledgement or the end of a dump, or the errno of a failure; undefined for any other message. */
export function answeredErrno({ type, payload }: Pick<Message, 'type' | 'payload'>): number | undefined {
  if (type === NLMSG_DONE) return 0;
  return type === NLMSG_ERROR && payload.length >= 4 ? -payload.readInt32LE(0) : undefined;
}

/** Each attribute behind a fixed struct of `skip` bytes: its type, without the flags in the upper bits, and its value. */
function* attributesOf(payload: Buffer, skip: number): Generator<readonly [number, Buffer]> {
  for (let at = skip; at + ATTRIBUTE_BYTES <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < ATTRIBUTE_BYTES || length > payload.length - at) return;
    yield [payload.readUInt16LE(at + 2) & 0x3fff, payload.subarray(at + ATTRIBUTE_BYTES, at + length)];
    at += aligned(length);
  }
}

/** The attributes that follow a fixed struct of `skip` bytes, by type. */
export const parseAttributes = (payload: Buffer, skip: number): Map<number, Buffer> => new Map(attributesOf(payload, skip));

/** One of those alone. */
export function attributeOf(payload: Buffer, skip: number, type: number): Buffer | undefined {
  for (const [each, value] of attributesOf(payload, skip)) if (each === type) return value;
  return undefined;
}

/** A string attribute without the NUL that ends it. */
export const textOf = (value: Buffer | undefined): string | undefined => value?.toString().replace(/\0.*$/s, '');

/** A number of 32 bits; undefined for an attribute that is not there, or is too short for one. */
export const u32Of = (value: Buffer | undefined): number | undefined => (value && value.length >= 4 ? value.readUInt32LE() : undefined);
export const i32Of = (value: Buffer | undefined): number | undefined => (value && value.length >= 4 ? value.readInt32LE() : undefined);

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
