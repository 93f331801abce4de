// As much of protocol buffers as containerd's answers need: messages, strings and maps of strings.

const malformed = (): Error => new Error('not a protocol buffer');

/** The fields that have bytes, by number: messages and strings. Numbers are passed over. @throws Error when it is no message */
export function* fieldsOf(message: Buffer): Generator<readonly [field: number, value: Buffer]> {
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = varint(message, at);
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    if (wireType === 2) {
      const [bytes, start] = varint(message, afterTag);
      at = start + bytes;
      if (at > message.length) throw malformed();
      yield [field, message.subarray(start, at)];
    } else if (wireType === 0) {
      at = varint(message, afterTag)[1];
    } else if (wireType === 1 || wireType === 5) {
      at = afterTag + (wireType === 1 ? 8 : 4);
    } else {
      throw malformed();
    }
  }
}

/** Seven bits a byte, the lowest first; and where it ends. */
function varint(message: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = message[start + index];
    if (byte === undefined) break;
    value += (byte % 128) * 128 ** index;
    if (byte < 128) return [value, start + index + 1];
  }
  throw malformed();
}

/** One field of bytes, of at most 16,383. */
export function encodeField(field: number, text: string): Buffer {
  const value = Buffer.from(text);
  const length = value.length < 128 ? [value.length] : [128 + (value.length % 128), Math.floor(value.length / 128)];
  return Buffer.concat([Buffer.from([field * 8 + 2, ...length]), value]);
}
