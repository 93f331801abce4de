// Tar archives made by hand, so that they can be as wrong as a hostile one.

interface HeaderFields {
  readonly name: string | Buffer;
  /** `0` a file, `1` a hard link, `2` a symbolic link, `3` and `4` devices, `5` a directory, `6` a FIFO, `x` a pax header. */
  readonly type?: string;
  readonly link?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly modifiedSeconds?: number;
  readonly contents?: string | Buffer;
  /** What the header says, whatever the contents are. */
  readonly sizeBytes?: number;
  readonly checksum?: number;
}

const BLOCK_BYTES = 512;
const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
const padded = (contents: Buffer): Buffer => Buffer.concat([contents, Buffer.alloc(-contents.length & (BLOCK_BYTES - 1))]);

/** One member in the ustar format, tar(5). */
export function member(fields: HeaderFields): Buffer {
  const { name, type = '0', link = '', mode = 0o644, uid = 0, gid = 0, modifiedSeconds = 1_000_000_000 } = fields;
  const contents = Buffer.from(fields.contents ?? '');
  const header = Buffer.alloc(BLOCK_BYTES);
  const put = (at: number, value: string | Buffer): unknown => header.set(Buffer.from(value), at);
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(uid, 7));
  put(116, octal(gid, 7));
  put(124, octal(fields.sizeBytes ?? contents.length, 11));
  put(136, octal(modifiedSeconds, 11));
  put(148, ' '.repeat(8));
  put(156, type);
  put(157, link);
  put(257, 'ustar\x0000');
  put(148, octal(fields.checksum ?? header.reduce((sum, byte) => sum + byte, 0), 6));
  return Buffer.concat([header, padded(contents)]);
}

/** A pax header for the member after it. */
export function pax(records: Readonly<Record<string, string | Buffer>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
    const isLong = rest.length + 2 > 99;
    const length = rest.length + (isLong ? 3 : 2);
    return Buffer.concat([Buffer.from(String(length).padStart(isLong ? 3 : 2, '0')), rest]);
  });
  return member({ name: 'pax', type: 'x', contents: Buffer.concat(lines) });
}

/** The members, and the mark of the end. */
export const archive = (...members: readonly Buffer[]): Buffer => Buffer.concat([...members, Buffer.alloc(2 * BLOCK_BYTES)]);
