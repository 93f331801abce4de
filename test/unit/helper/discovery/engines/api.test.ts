import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createRawServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { askJson, holdSocket } from '../../../../../helper/discovery/engines/api.ts';
import { containerPath, DockerContainer } from '../../../../../helper/discovery/engines/docker.ts';
import { Root } from '../../../../../helper/discovery/engines/roots.ts';
import { id } from './example.ts';

const container = { Id: id, Name: '/web', State: { Pid: 812, Status: 'running' }, Config: { Image: 'nginx', Labels: null } };

/** For answers that are not about time: a machine that is busy may need some. */
const PATIENCE_MS = 30_000;

describe('the API of an engine', () => {
  let folder = '';
  let server: Server | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-api-'));
  });
  afterEach(() => {
    server?.close();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function ask(listening: Server, answerMs = PATIENCE_MS) {
    const path = join(folder, 'engine.sock');
    server = listening;
    await new Promise<void>(resolve => listening.listen(path, resolve));
    return askJson(path, containerPath(id), DockerContainer, answerMs);
  }
  const answers = (listener: RequestListener) => createServer(listener);

  it('is asked for one container', async () => {
    const asked: (string | undefined)[] = [];
    const answer = await ask(
      answers((request, response) => {
        asked.push(request.method, request.url);
        response.end(JSON.stringify(container));
      }),
    );
    assert.deepEqual(asked, ['GET', `/containers/${id}/json`]);
    assert.deepEqual(answer, {
      kind: 'value',
      value: { Name: '/web', State: { Pid: 812 }, Config: { Image: 'nginx', Labels: null } },
    });
  });

  for (const [what, listener] of Object.entries<RequestListener>({
    'no JSON': (_, response) => response.end('<html>'),
    'JSON of another shape': (_, response) => response.end(JSON.stringify({ ...container, State: { Pid: 'one' } })),
    'that there is none': (_, response) => response.writeHead(404).end(JSON.stringify(container)),
    'a redirection': (_, response) => response.writeHead(302, { location: 'http://198.51.100.1/' }).end(),
    'the half of it': (request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"Name":"/web"');
      setTimeout(() => request.destroy(), 20);
    },
    '40 MB': (_, response) => response.end(JSON.stringify({ ...container, more: 'x'.repeat(40 << 20) })),
  }))
    it(`costs the name when it answers ${what}`, async () => {
      assert.deepEqual(await ask(answers(listener)), { kind: 'none' });
    });

  it('costs the name when it does not speak HTTP', async () => {
    assert.deepEqual(await ask(createRawServer(socket => socket.end('SSH-2.0-OpenSSH\r\n'))), { kind: 'none' });
  });

  it('is given up when it never answers', async () => {
    const open: { destroy(): void }[] = [];
    assert.deepEqual(
      await ask(
        createRawServer(socket => void open.push(socket)),
        50,
      ),
      { kind: 'silent' },
    );
    for (const each of open) each.destroy();
  });

  it('is given up when its answer never ends', async () => {
    const answer = await ask(
      answers((_, response) => {
        const timer = setInterval(() => response.write(' '), 5);
        response.on('close', () => clearInterval(timer));
      }),
      100,
    );
    assert.deepEqual(answer, { kind: 'silent' });
  });

  it('is held by its socket, which is no file and no link out of the root', async () => {
    const listening = answers((_, response) => response.end(JSON.stringify(container)));
    await ask(listening);
    writeFileSync(join(folder, 'file.sock'), '');
    symlinkSync(join(folder, 'engine.sock'), join(folder, 'out.sock'));
    using root = Root.at(folder);
    using held = holdSocket(root, '/engine.sock');
    assert.equal(held?.uid, process.getuid?.());
    assert.equal((await askJson(held?.path ?? '', containerPath(id), DockerContainer, PATIENCE_MS)).kind, 'value');
    for (const path of ['/file.sock', '/out.sock', '/none.sock']) assert.equal(holdSocket(root, path), undefined, path);
  });
});
