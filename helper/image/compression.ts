// Archives come compressed in one of a few ways; which, their first bytes say, whatever their name is.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Duplex, pipeline, Readable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import zlib from 'node:zlib';
import type { Caller } from './as-caller.ts';
import { Fault } from './fault.ts';

export type Decompressor = (pieces: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  /** None where nothing here can read it. */
  readonly open?: (caller: Caller) => Decompressor;
}

const PIECE_BYTES = 256 * 1024;
/** What a decompressor may take, which a hostile file chooses by the size of its window. */
const MEMORY = '256MiB';
/** So much of what a program says of its failure a sentence holds. */
const SAID = 200;

const compressions: readonly Compression[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], open: () => streamed(zlib.createGunzip({ chunkSize: PIECE_BYTES })) },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], open: zstd },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], open: caller => program('xz', [`--memlimit-decompress=${MEMORY}`], caller) },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
];

/** Longer than every magic number. */
export const MAGIC_BYTES = 8;

/**
 * What decompresses a file that begins like that; nothing for one that is not compressed.
 * @param caller as whom a program runs that does it
 * @throws Fault `unsupported`
 */
export function decompressor(beginning: Buffer, caller: Caller): Decompressor | undefined {
  const found = compressions.find(({ magic }) => magic.every((byte, index) => beginning[index] === byte));
  if (!found) return undefined;
  if (!found.open) throw new Fault(`it is compressed with ${found.name}, which Burrow does not read`, { kind: 'unsupported' });
  return found.open(caller);
}

/** Since Node 22.15 it is in zlib. */
function zstd(caller: Caller): Decompressor {
  const create: unknown = 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined;
  if (typeof create !== 'function') return program('zstd', [`--memory=${MEMORY}`], caller);
  const made: unknown = create({ chunkSize: PIECE_BYTES });
  if (!(made instanceof Duplex)) throw new Error('zlib.createZstdDecompress gives no stream');
  return streamed(made);
}

/** What the source or the stream fails with, the reader is told. */
const streamed =
  (stream: Duplex): Decompressor =>
  pieces =>
    pipeline(Readable.from(pieces, { objectMode: false }), stream, () => undefined);

/** Not by PATH, which for root may be anybody's. */
const folders = ['/usr/bin', '/bin', '/usr/local/bin'];

/** A program of this machine, which runs as the caller: what it reads is hostile. */
function program(name: string, options: readonly string[], { uid, gid }: Caller): Decompressor {
  const path = folders.map(folder => `${folder}/${name}`).find(each => existsSync(each));
  if (path === undefined) {
    throw new Fault(`it is compressed with ${name}, and this machine has no program ${name}`, {
      kind: 'unsupported',
      hint: `Install ${name}, or compress it with gzip.`,
    });
  }
  const ids = uid === process.geteuid?.() ? {} : { uid, gid };
  const words = ['--decompress', '--stdout', '--quiet', ...options];
  return pieces => through(pieces, () => spawn(path, words, { cwd: '/', env: {}, stdio: 'pipe', ...ids }), name);
}

async function* through(pieces: AsyncIterable<Buffer>, start: () => ChildProcessWithoutNullStreams, name: string): AsyncGenerator<Buffer> {
  const child = start();
  const ended = once(child, 'close');
  ended.catch(() => undefined); // it may not start, which is met below
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = `${said}${text}`.slice(0, SAID);
  });
  const fed = flow(pieces, child.stdin).catch((error: unknown) => error);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const [code] = (await ended) as [number | null];
    const failure = await fed;
    if (failure !== undefined && !isDeaf(failure)) throw failure;
    if (code !== 0) throw new Fault(undecompressed(name, said.trim()));
  } finally {
    child.kill('SIGKILL');
  }
}

/** The end of a sentence. @param said by what decompresses, which is no sentence of ours */
export const undecompressed = (name: string, said: string): string => `it cannot be decompressed: ${name} says ${JSON.stringify(said)}`;

/** A program that has seen enough takes no more, and says why itself. */
const isDeaf = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
