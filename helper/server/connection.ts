// One connection: its first bytes say whether it is a raw stream or JSON-RPC.
import type { Socket } from 'node:net';
import { createMessageConnection, type MessageConnection, ResponseError, StreamMessageReader } from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { failureCode } from '../protocol/failure.ts';
import { type MethodName, methods, streamGreeting, streamGreetingPattern } from '../protocol/methods.ts';
import { firstProblem } from '../protocol/problem.ts';
import { background } from '../sys/background.ts';
import { Refusal, toFailure } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { recordAct } from './act-log.ts';
import { Encoded, encode } from './encoded.ts';
import { acts, type Client, handlers, type Services } from './handlers.ts';
import { SocketMessageWriter } from './message-writer.ts';
import { type Peer, peerOf } from './peer.ts';
import type { Policy } from './policy.ts';
import { couldNot } from './wording.ts';

const GREETING_BYTES = streamGreeting('0'.repeat(64)).length;
const GREETING_MS = 10_000;
const BACKLOG_BYTES = 64 << 20;

export function accept(socket: Socket, policy: Policy, services: Services): void {
  let peer: Peer;
  try {
    peer = peerOf(socket);
  } catch (error) {
    recordEvent('refused', { reason: String(error) });
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined); // ECONNRESET: the other end is gone, and 'close' follows
  socket.setTimeout(GREETING_MS, () => socket.destroy());
  socket.once('readable', () => {
    const first = socket.read(1) as Buffer | null;
    if (!first) return; // it has closed without a word
    socket.unshift(first);
    if (first.toString() === streamGreeting('').charAt(0)) claimStream(socket, peer, policy, services);
    else {
      socket.setTimeout(0);
      converse(socket, peer, policy, services);
    }
  });
}

function claimStream(socket: Socket, peer: Peer, policy: Policy, { streams }: Pick<Services, 'streams'>): void {
  const greeting = socket.read(GREETING_BYTES) as Buffer | null;
  if (!greeting) {
    // The rest is on its way.
    socket.once('readable', () => claimStream(socket, peer, policy, { streams }));
    return;
  }
  socket.setTimeout(0);
  const token = streamGreetingPattern.exec(greeting.toString('latin1'))?.[1];
  if (token !== undefined && policy.serves(peer) && streams.claim(token, peer.uid, socket)) return;
  recordEvent('stream refused', { uid: peer.uid, pid: peer.pid });
  socket.destroy();
}

function converse(socket: Socket, peer: Peer, policy: Policy, services: Services): void {
  const connection = createMessageConnection(new StreamMessageReader(socket), new SocketMessageWriter(socket, encode));
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
  const backlog = new Backlog();
  const send = async (json: Uint8Array): Promise<void> => {
    if (!open) return;
    // It has read nothing for long: when it comes back it begins again with everything.
    if (backlog.isFull) socket.destroy();
    else await backlog.add(json.length, connection.sendNotification('namespaces/changed', new Encoded(json)));
  };
  for (const method of Object.keys(methods) as MethodName[])
    connection.onRequest(method, (raw: unknown) => answer(method, raw, policy, services, client));
  connection.onClose(() => {
    open = false;
    for (const each of leave) background('a client that has left', each);
    connection.dispose();
  });
  connection.onError(() => undefined); // a write after the other end has gone; 'close' follows
  listen(connection, socket);
}

/** What was sent to a client and not yet written: a client that does not read must not fill the helper's memory. */
class Backlog {
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > BACKLOG_BYTES;
  }

  async add(bytes: number, written: Promise<void>): Promise<void> {
    this.#bytes += bytes;
    // A connection that has just closed rejects; nobody is there to be told.
    await written.catch(() => undefined);
    this.#bytes -= bytes;
  }
}

/** What is no JSON-RPC ends the connection and nothing else. */
function listen(connection: MessageConnection, socket: Socket): void {
  try {
    connection.listen();
  } catch {
    socket.destroy();
  }
}

async function answer<M extends MethodName>(method: M, raw: unknown, policy: Policy, services: Services, client: Client): Promise<unknown> {
  try {
    policy.require(client.peer);
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
  if (result.success) return result.data;
  throw new Refusal('invalid', `${problemOf(method, result.error)}.`);
}

/** A person wrote the definition, and not the params that hold it. */
function problemOf(method: MethodName, { issues }: z.ZodError): string {
  const inDefinition = issues.filter(({ path }) => path[0] === 'definition');
  if (inDefinition.length === 0) return firstProblem({ issues }, method);
  const problem = firstProblem({ issues: inDefinition.map(issue => ({ ...issue, path: issue.path.slice(1) })) }, 'the definition');
  return problem.replace(/^the /, 'The ');
}
