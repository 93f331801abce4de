import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { onNotification, request } from '../../../../helper/protocol/calls.ts';
import { failureCode } from '../../../../helper/protocol/failure.ts';
import { HelperFailure } from '../../../../helper/protocol/helper-failure.ts';

/** Two ends of a real JSON-RPC connection. */
function connected(): { client: MessageConnection; server: MessageConnection } {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const client = createMessageConnection(new StreamMessageReader(back), new StreamMessageWriter(there));
  const server = createMessageConnection(new StreamMessageReader(there), new StreamMessageWriter(back));
  client.listen();
  server.listen();
  return { client, server };
}

describe('request', () => {
  it('throws the failure that crossed as the data of an error', async () => {
    const { client, server } = connected();
    const failure = { kind: 'gone', message: 'pid 7 ended a moment ago.', subject: 'pid 7' } as const;
    server.onRequest('sandbox/list', () => {
      throw new ResponseError(failureCode, failure.message, failure);
    });
    await assert.rejects(request(client, 'sandbox/list', {}), (error: unknown) => {
      assert.ok(error instanceof HelperFailure);
      assert.deepEqual(error.failure, failure);
      return true;
    });
  });

  it('leaves an error without a failure as it is', async () => {
    const { client } = connected();
    await assert.rejects(request(client, 'sandbox/list', {}), { message: 'Unhandled method sandbox/list' });
  });

  it('does not take a result that the schema refuses', async () => {
    const { client, server } = connected();
    server.onRequest('sandbox/list', () => ({ sandboxes: [{ id: 5 }] }));
    await assert.rejects(request(client, 'sandbox/list', {}), { name: 'ZodError' });
  });
});

describe('onNotification', () => {
  it('hands on what the schema reads', async () => {
    const { client, server } = connected();
    const heard = new Promise(resolve => onNotification(client, 'terminal/exited', resolve));
    await server.sendNotification('terminal/exited', { terminal: 't', exitCode: 3 });
    assert.deepEqual(await heard, { terminal: 't', exitCode: 3 });
  });
});
