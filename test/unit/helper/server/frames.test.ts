import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { frames, HEADER_BYTES, MESSAGE_BYTES } from '../../../../helper/server/frames.ts';
import { random } from '../../random.ts';

const frame = (body: string): Buffer => Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

async function read(parts: Iterable<Buffer>): Promise<string[]> {
  const bodies: string[] = [];
  for await (const body of frames(Readable.from(parts))) bodies.push(body.toString());
  return bodies;
}

/** In parts of random lengths, down to one byte. */
function* cut(bytes: Buffer, seed: number): Generator<Buffer> {
  const next = random(seed);
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + next(next(2) === 0 ? 3 : 40);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe('frames', () => {
  const bodies = ['{}', '"é\\r\\n\\r\\n"', 'x'.repeat(200), 'Content-Length: 3\r\n\r\n'];
  const stream = Buffer.concat(bodies.map(frame));

  it('are read however they were cut on the way', async () => {
    for (let seed = 0; seed < 200; seed++) assert.deepEqual(await read(cut(stream, seed)), bodies);
  });

  it('may have other header lines, in any case', async () => {
    const given = Buffer.from('Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: 2\r\n\r\n{}');
    assert.deepEqual(await read([given]), ['{}']);
  });

  it('are read as large as they may be', async () => {
    const [body = ''] = await read([frame('x'.repeat(MESSAGE_BYTES))]);
    assert.equal(body.length, MESSAGE_BYTES);
  });

  const wrong: Readonly<Record<string, string>> = {
    'a header without an end': 'x'.repeat(HEADER_BYTES),
    'a length above what a message may have': `Content-Length: ${MESSAGE_BYTES + 1}\r\n\r\n`,
    'a hundred gigabytes': 'Content-Length: 100000000000\r\n\r\n{',
    'no length': 'Content-Type: x\r\n\r\n{}',
    'a length of nothing': 'Content-Length: 0\r\n\r\n',
    'a negative length': 'Content-Length: -1\r\n\r\n',
    'a length that is no number': 'Content-Length: 2e9\r\n\r\n',
  };
  for (const [what, bytes] of Object.entries(wrong))
    it(`end the stream with ${what}`, async () => {
      await assert.rejects(read(cut(Buffer.from(bytes), 1)), /^Error: a (header|message) of /);
    });

  it('whose end never comes have nothing to give', async () =>
    assert.deepEqual(await read([Buffer.from('Content-Length: 5\r\n\r\n{')]), []));
});
