import { inflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  /** Unix permission bits. */
  readonly mode: number;
  readonly contents: () => Buffer;
}

const endRecord = 0x06054b50;
const deflated = 8;

/** The files of a zip archive, from its central directory (APPNOTE.TXT 4.3.12). */
export function readZip(archive: Buffer): readonly ZipEntry[] {
  let end = archive.length - 22;
  while (archive.readUInt32LE(end) !== endRecord) end--;
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map(offset => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const method = archive.readUInt16LE(at + 10);
    const size = archive.readUInt32LE(at + 20);
    const local = archive.readUInt32LE(at + 42);
    entries.push({
      name: archive.toString('utf8', at + 46, at + 46 + nameLength),
      mode: (archive.readUInt32LE(at + 38) >>> 16) & 0o777,
      contents: () => {
        const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
        const raw = archive.subarray(start, start + size);
        return method === deflated ? inflateRawSync(raw) : raw;
      },
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}
