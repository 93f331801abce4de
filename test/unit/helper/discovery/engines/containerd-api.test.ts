import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { askContainerd, frame, parseGetAnswer } from '../../../../../helper/discovery/engines/containerd-api.ts';
import { encodeField, fieldsOf } from '../../../../../helper/discovery/engines/protobuf.ts';

/** The beginning of what containerd 1.6.20 answered: id, two labels, image, and the name of its runtime with a message of options. */
const captured = Buffer.from(
  'CgN3ZWISMQomaW8uY29udGFpbmVyZC5pbWFnZS5jb25maWcuc3RvcC1zaWduYWwSB1NJR1RFUk0SDgoHZngubmFtZRIDd2ViGhNsb2NhbGhvc3QvZng6bGF0ZXN0' +
    'IhcKFWlvLmNvbnRhaW5lcmQucnVuYy52Mg==',
  'base64',
);
const container = { image: 'localhost/fx:latest', labels: { 'io.containerd.image.config.stop-signal': 'SIGTERM', 'fx.name': 'web' } };
const answer = frame(encodeField(1, captured.toString()));

/** For answers that are not about time: a machine that is busy may need some. */
const PATIENCE_MS = 30_000;

describe('containerd’s API', () => {
  let folder = '';
  let server: Http2Server | undefined;
  const open = new Set<{ destroy(): void }>();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-containerd-'));
  });
  afterEach(() => {
    for (const each of open) each.destroy();
    open.clear();
    server?.close();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function ask(respond: (stream: ServerHttp2Stream, path: string, space: unknown) => void, answerMs = PATIENCE_MS) {
    const path = join(folder, 'containerd.sock');
    const listening = createServer();
    server = listening;
    listening.on('session', session => open.add(session));
    listening.on('stream', (stream, headers) => {
      stream.on('error', () => undefined); // the client may have hung up
      respond(stream, `${headers[':path']}`, headers['containerd-namespace']);
    });
    await new Promise<void>(resolve => listening.listen(path, resolve));
    return askContainerd(path, 'fx', 'web', answerMs);
  }
  const say = (body: Buffer) => (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.end(body);
  };

  it('is asked for one container of one of its namespaces', async () => {
    const asked: unknown[] = [];
    const found = await ask((stream, path, space) => {
      asked.push(path, space);
      stream.once('data', (body: Buffer) => {
        asked.push(Object.fromEntries([...fieldsOf(body.subarray(5))].map(([field, value]) => [field, value.toString()])));
        say(answer)(stream);
      });
    });
    assert.deepEqual(asked, ['/containerd.services.containers.v1.Containers/Get', 'fx', { 1: 'web' }]);
    assert.deepEqual(found, { kind: 'value', value: container });
  });

  for (const [what, body] of [
    ['nothing', Buffer.alloc(0)],
    ['another length', Buffer.concat([answer, Buffer.from('x')])],
    ['compressed', Buffer.concat([Buffer.from([1]), answer.subarray(1)])],
    ['no container', frame(encodeField(2, 'web'))],
    ['a field that is longer than the message', frame(Buffer.from([10, 255, 255, 255, 255, 127]))],
    ['a number without an end', frame(Buffer.alloc(64, 255))],
    ['40 MB', frame(Buffer.alloc(40 << 20))],
  ] as const)
    it(`costs the name when it answers ${what}`, async () => assert.deepEqual(await ask(say(body)), { kind: 'none' }));

  it('is given up when it never answers', async () => {
    assert.deepEqual(await ask(() => undefined, 50), { kind: 'silent' });
  });

  it('may be nowhere', async () => {
    assert.deepEqual(await askContainerd(join(folder, 'none.sock'), 'fx', 'web', PATIENCE_MS), { kind: 'none' });
  });

  it('is read without its numbers', () => {
    const numbers = Buffer.from([8, 150, 1, 17, 1, 2, 3, 4, 5, 6, 7, 8, 29, 1, 2, 3, 4]);
    assert.deepEqual([...fieldsOf(Buffer.concat([numbers, encodeField(3, 'x'.repeat(300))]))], [[3, Buffer.from('x'.repeat(300))]]);
    assert.deepEqual(parseGetAnswer(frame(Buffer.concat([numbers, answer.subarray(5)]))), container);
  });
});
