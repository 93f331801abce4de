import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createMessageConnection, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { Connection } from '../../../../extension/helper-client/connection.ts';
import { answers } from '../../../../extension/helper-client/dial.ts';
import { protocolVersion } from '../../../../helper/protocol/methods.ts';

const folder = mkdtempSync(join(tmpdir(), 'burrow-unit-'));
const path = join(folder, 'helper.sock');
const hello = { protocol: protocolVersion, version: '0', pid: 1, privileged: true, features: {} };

let server: Server;
let serve: (socket: Socket) => void;

const speak = (prepare: (rpc: MessageConnection, socket: Socket) => void): void => {
  serve = socket => {
    const rpc = createMessageConnection(socket, socket);
    prepare(rpc, socket);
    rpc.listen();
  };
};

before(async () => {
  server = createServer(socket => serve(socket));
  await new Promise<void>(resolve => server.listen(path, resolve));
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('a connection to the helper', () => {
  test('answers what the helper answers', async () => {
    speak(rpc => rpc.onRequest('helper/hello', () => hello));
    const connection = await Connection.open(path);
    assert.deepEqual(await connection.hello(), hello);
    connection.dispose();
  });

  test('sends one parameter, not a list', async () => {
    let got: unknown;
    speak(rpc =>
      rpc.onRequest('sandbox/list', (params: unknown) => {
        got = params;
        return { sandboxes: [] };
      }),
    );
    const connection = await Connection.open(path);
    await connection.request('sandbox/list', {});
    assert.deepEqual(got, {});
    connection.dispose();
  });

  test('refuses a helper of another protocol', async () => {
    speak(rpc => rpc.onRequest('helper/hello', () => ({ ...hello, protocol: protocolVersion + 1 })));
    const connection = await Connection.open(path);
    await assert.rejects(connection.hello(), { name: 'OtherVersion' });
    connection.dispose();
  });

  test('refuses a helper whose hello cannot be read', async () => {
    speak(rpc => rpc.onRequest('helper/hello', () => ({ greetings: true })));
    const connection = await Connection.open(path);
    await assert.rejects(connection.hello(), { name: 'OtherVersion' });
    connection.dispose();
  });

  test('says that an answer is not what the protocol says', async () => {
    speak(rpc => rpc.onRequest('sandbox/list', () => ({ sandboxes: 'none' })));
    const connection = await Connection.open(path);
    await assert.rejects(connection.request('sandbox/list', {}), { name: 'Unreadable' });
    connection.dispose();
  });

  test('hands on failures with all that the helper says', async () => {
    const failure = { kind: 'gone', message: 'it ended', syscall: 'setns', errno: 'ESRCH' };
    speak(rpc => rpc.onRequest('sandbox/list', () => Promise.reject(new ResponseError(1, 'it ended', failure))));
    const connection = await Connection.open(path);
    await assert.rejects(connection.request('sandbox/list', {}), { name: 'HelperFailure', failure });
    connection.dispose();
  });

  test('fails every request that waits when the helper goes away', async () => {
    speak((rpc, socket) => rpc.onRequest('sandbox/list', () => new Promise(() => socket.destroy())));
    const connection = await Connection.open(path);
    const closed = new Promise<void>(resolve => connection.onClose(resolve));
    await assert.rejects(connection.request('sandbox/list', {}), { name: 'ConnectionLost' });
    await closed;
    await assert.rejects(connection.request('sandbox/list', {}), { name: 'ConnectionLost' });
  });

  test('opens a stream that begins with its token and is raw from then on', async () => {
    const token = 'a'.repeat(64);
    speak(() => {});
    const connection = await Connection.open(path);
    serve = socket => socket.pipe(socket);
    const stream = await connection.openStream(token);
    stream.write('ls\r');
    let echoed = '';
    for await (const chunk of stream) {
      echoed += chunk;
      if (echoed.endsWith('ls\r')) break;
    }
    assert.equal(echoed, `burrow-stream ${token}\nls\r`);
    connection.dispose();
  });
});

test('a socket answers only when somebody listens', async () => {
  speak(() => {});
  assert.equal(await answers(path), true);
  assert.equal(await answers(join(folder, 'nobody.sock')), false);
});
