import { readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

const PIECE_BYTES = 256 * 1024;

/**
 * A file's bytes, read on this thread: its file system may be the caller's (FUSE) and never answer,
 * and libuv's threads are everybody's. Between two pieces whatever else came in has its turn.
 */
export async function* piecesOf(fd: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES); // of its own: the parser keeps parts of it
    const bytes = readSync(fd, piece, 0, PIECE_BYTES, null);
    if (bytes === 0) return;
    yield piece.subarray(0, bytes);
    await nextTurn();
    signal.throwIfAborted();
  }
}
