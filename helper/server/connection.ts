// One connection that speaks JSON-RPC: requests to their handlers, and what the client is told without asking.
import type { Socket } from 'node:net';
import { createMessageConnection, Message, ResponseError, type ResponseMessage } from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { failureCode } from '../protocol/failure.ts';
import { type MethodName, methods } from '../protocol/methods.ts';
import { firstProblem, unsaidProblem } from '../protocol/problem.ts';
import { background } from '../sys/background.ts';
import { descriptorOf } from '../sys/descriptor-of.ts';
import { Refusal, toFailure } from '../sys/errors.ts';
import { hasHungUp } from '../sys/hung-up.ts';
import { recordEvent } from '../sys/log.ts';
import { recordAct } from './act-log.ts';
import { Encoded, encode } from './encoded.ts';
import { acts, type Client, handlers, type Services } from './handlers.ts';
import { SocketMessageReader } from './message-reader.ts';
import { SocketMessageWriter } from './message-writer.ts';
import type { Peer } from './peer.ts';
import { Traffic } from './traffic.ts';
import { couldNot } from './wording.ts';

/** Answers one client until it leaves. */
export function converse(socket: Socket, peer: Peer, services: Services): void {
  const traffic = new Traffic(
    () => socket.writableLength,
    () => socket.destroyed || hasHungUp(descriptorOf(socket)),
  );
  const writer = new SocketMessageWriter(socket, {
    encode,
    onWritten: message => traffic.written(Message.isResponse(message) && message.id !== null),
  });
  const reader = new SocketMessageReader(socket, traffic, () => refuseOther(writer));
  const connection = createMessageConnection(reader, writer);
  const leave = new Set<() => void>();
  let open = true;
  let watches = false;
  const client: Client = {
    peer,
    notify: (name, notification) => {
      // A connection that has just closed rejects; nobody is there to be told.
      if (open) connection.sendNotification(name, notification).catch(() => undefined);
    },
    onClose: handler => {
      // It may have gone while what it asked for was under way.
      if (open) leave.add(handler);
      else handler();
      return () => leave.delete(handler);
    },
    watch: () => {
      if (watches) return;
      watches = true;
      leave.add(services.discovery.watch(json => send(json)));
      leave.add(services.watchSandboxes(sandboxes => client.notify('sandbox/changed', { sandboxes })));
    },
  };
  const send = async (json: Uint8Array): Promise<void> => {
    // A connection that has just closed rejects; nobody is there to be told.
    if (open) await connection.sendNotification('namespaces/changed', new Encoded(json)).catch(() => undefined);
  };
  for (const method of Object.keys(methods) as MethodName[])
    connection.onRequest(method, (raw: unknown) => answer(method, raw, services, client));
  connection.onClose(() => {
    open = false;
    for (const each of leave) background('a client that has left', each);
    connection.dispose();
  });
  connection.onError(() => undefined); // a write after the other end has gone; 'close' follows
  connection.listen();
}

/** JSON-RPC 2.0, section 5.1: not a valid Request object. */
const INVALID_REQUEST = -32600;

/** The library would say nothing, and whoever asked would wait for ever. */
function refuseOther(writer: SocketMessageWriter): void {
  const message = 'This is no request of JSON-RPC 2.0. A batch is none here: send each request as a message of its own.';
  const answer: ResponseMessage = { jsonrpc: '2.0', id: null, error: { code: INVALID_REQUEST, message } };
  writer.write(answer).catch(() => undefined); // it has gone
}

async function answer<M extends MethodName>(method: M, raw: unknown, services: Services, client: Client): Promise<unknown> {
  try {
    const params = read(method, raw);
    const result = await handlers[method](params as never, services, client);
    if (acts.has(method)) recordAct(client.peer, method, raw, 'done');
    return result;
  } catch (error) {
    const failure = toFailure(error, couldNot[method]);
    if (acts.has(method)) recordAct(client.peer, method, raw, failure.message);
    if (!(error instanceof Error) || failure.kind === 'system')
      recordEvent('failed', { method, error: error instanceof Error ? error.stack : String(error) });
    throw new ResponseError(failureCode, failure.message, failure);
  }
}

/** @throws Refusal `invalid` that names the first thing wrong */
function read(method: MethodName, raw: unknown): unknown {
  const schema: z.ZodType = methods[method].params;
  const result = schema.safeParse(raw ?? {});
  const unsaid = result.success ? unsaidProblem(raw, method) : problemOf(method, result.error);
  if (result.success && unsaid === undefined) return result.data;
  throw new Refusal('invalid', `${unsaid}.`);
}

/** A person wrote the definition, and not the params that hold it. */
function problemOf(method: MethodName, { issues }: z.ZodError): string {
  const inDefinition = issues.filter(({ path }) => path[0] === 'definition');
  if (inDefinition.length === 0) return firstProblem({ issues }, method);
  const problem = firstProblem({ issues: inDefinition.map(issue => ({ ...issue, path: issue.path.slice(1) })) }, 'the definition');
  return problem.replace(/^the /, 'The ');
}
