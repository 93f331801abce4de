// One tar archive, from its bytes to the tree. It is read and decompressed a piece at a time, and never held.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import type { Caller } from './as-caller.ts';
import type { Budget } from './budget.ts';
import { decompressor, MAGIC_BYTES, undecompressed } from './compression.ts';
import { Fault } from './fault.ts';
import type { Members } from './member.ts';
import type { Tree } from './tree.ts';
import { whiteoutOf } from './whiteout.ts';

export interface Unpacking {
  readonly tree: Tree;
  readonly members: Members;
  readonly budget: Budget;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

const BLOCK_BYTES = 512;
/** Members follow each other without a turn for anything else, as for an abort. */
const TURN_MS = 10;

/** Names as their bytes; and archives without `ustar` in their headers too, which have a checksum all the same. */
const parsing = { filenameEncoding: 'latin1', allowUnknownFormat: true, highWaterMark: 1024 * 1024 };

/**
 * @param kind of an archive, the end is looked for: a copy that stopped between two members lacks it. A layer's digest says as much.
 * @throws Fault for whatever is wrong with it
 */
export async function unpackArchive(pieces: AsyncIterable<Buffer>, kind: 'archive' | 'layer', unpacking: Unpacking): Promise<void> {
  const { beginning, all } = await peek(pieces);
  if (beginning.length === 0) throw new Fault('it is empty');
  const opened = decompressor(beginning, unpacking.caller);
  const ending = new Ending(unpacking.budget);
  const parser = extract(parsing);
  const { signal } = unpacking;
  const flow = pipeline(Readable.from(ending.watch(opened ? opened(all) : all), { objectMode: false }), parser, { signal });
  const [written, flown] = await Promise.allSettled([consume(parser, kind, unpacking), flow]);
  signal.throwIfAborted();
  const reasons: unknown[] = [written, flown].flatMap(each => (each.status === 'rejected' ? [each.reason] : []));
  if (reasons.length > 0) throw explained(reasons.find(reason => !isEcho(reason)) ?? reasons[0]);
  if (kind === 'archive' && !ending.isMarked) throw new Fault('it ends without the mark of an end, so something is missing');
}

async function peek(pieces: AsyncIterable<Buffer>): Promise<{ beginning: Buffer; all: AsyncIterable<Buffer> }> {
  const iterator = pieces[Symbol.asyncIterator]();
  const read: Buffer[] = [];
  const beginning = (): Buffer => Buffer.concat(read);
  while (beginning().length < MAGIC_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    read.push(value);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* read;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { beginning: beginning().subarray(0, MAGIC_BYTES), all: all() };
}

async function consume(parser: Extract, kind: 'archive' | 'layer', { tree, members, budget, signal }: Unpacking): Promise<void> {
  let turnMs = performance.now();
  for await (const entry of parser) {
    budget.countMember();
    if (performance.now() - turnMs > TURN_MS) {
      await nextTurn();
      signal.throwIfAborted();
      turnMs = performance.now();
    }
    const header: Header = entry.header;
    const member = members.read(header);
    const whiteout = kind === 'layer' ? whiteoutOf(member.path) : undefined;
    if (whiteout) {
      if (whiteout.kind === 'opaque') tree.whiteOutContents(whiteout.path);
      else if (whiteout.kind === 'removed') tree.whiteOut(whiteout.path);
      entry.resume();
    } else if (member.kind === 'file') await tree.file(member, entry as AsyncIterable<Buffer>);
    else tree.make(member);
  }
}

/** Watches what comes out of decompression: how much it is, and whether it ends in the zeros that end an archive. */
class Ending {
  readonly #budget: Budget;
  #tail: Buffer = Buffer.alloc(0);

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  get isMarked(): boolean {
    return this.#tail.length === BLOCK_BYTES && this.#tail.every(byte => byte === 0);
  }

  async *watch(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      this.#budget.countStreamed(piece.length);
      this.#tail = (piece.length >= BLOCK_BYTES ? piece : Buffer.concat([this.#tail, piece])).subarray(-BLOCK_BYTES);
      yield piece;
    }
  }
}

/** When one end of a stream fails, the other one only says that the stream has ended, as streamx and Node call it. */
const isEcho = (reason: unknown): boolean =>
  reason instanceof Error && 'code' in reason && (reason.code === 'STREAM_DESTROYED' || reason.code === 'ERR_STREAM_PREMATURE_CLOSE');

/** What the parser and zlib say, as the end of a sentence. */
const faults: readonly (readonly [RegExp, string])[] = [
  [/^Unexpected end of data/, 'it ends in the middle of a member'],
  [/^Header exceeds max size/, 'it has a header of more than 4 MiB'],
  [/^Invalid header/, 'it has a header without a valid size'],
  [/^Invalid tar header/, 'it is no tar archive, or damaged: the checksum of a header is wrong'],
  [/^unexpected end of file/, 'its compressed data ends too early'],
  [/^(incorrect|invalid|unknown compression|too many)/, 'its compressed data is damaged'],
];

function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Fault) return error;
  // As Node's zlib names what zstd found wrong.
  if ('code' in error && `${error.code}`.startsWith('ZSTD_')) return new Fault(undecompressed('zstd', error.message));
  const known = faults.find(([pattern]) => pattern.test(error.message));
  return known ? new Fault(known[1]) : error;
}
