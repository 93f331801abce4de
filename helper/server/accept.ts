// A new connection: whether it is served at all, and whether it is a raw stream or JSON-RPC.
import type { Socket } from 'node:net';
import type { Failure } from '../protocol/failure.ts';
import { streamGreeting, streamGreetingPattern } from '../protocol/methods.ts';
import { later } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { converse } from './connection.ts';
import type { Services } from './handlers.ts';
import { SocketMessageWriter } from './message-writer.ts';
import { type Peer, peerOf } from './peer.ts';
import type { Policy } from './policy.ts';

const GREETING_BYTES = streamGreeting('0'.repeat(64)).length;
const GREETING_MS = 10_000;

/** Connections of one user at a time: what a window keeps is one, and one for each stream that nobody took over. */
const CONNECTIONS = 512;

/** So long one that is not served has to read why, as long as there are few of them. */
const REFUSED_MS = 1000;
const REFUSED = 16;

export class Admission {
  readonly #policy: Policy;
  readonly #services: Services;
  /** How many connections there are, by user. */
  readonly #open = new Map<number, number>();
  #refused = 0;

  constructor(policy: Policy, services: Services) {
    this.#policy = policy;
    this.#services = services;
  }

  /** Of one that is not served, not a byte is read. */
  accept(socket: Socket): void {
    socket.on('error', () => undefined); // ECONNRESET: the other end is gone, and 'close' follows
    let peer: Peer | undefined;
    try {
      peer = peerOf(socket);
      this.#admit(peer, socket);
      begin(socket, peer, this.#services);
    } catch (error) {
      this.#turnAway(socket, error, peer);
    }
  }

  /** @throws Refusal `denied` */
  #admit(peer: Peer, socket: Socket): void {
    this.#policy.require(peer);
    const { uid } = peer;
    const open = (this.#open.get(uid) ?? 0) + 1;
    if (open > CONNECTIONS) {
      throw new Refusal('denied', `User ${uid} has ${CONNECTIONS} connections to this helper already.`, { subject: `uid ${uid}` });
    }
    this.#open.set(uid, open);
    socket.on('close', () => {
      const left = (this.#open.get(uid) ?? 0) - 1;
      if (left > 0) this.#open.set(uid, left);
      else this.#open.delete(uid);
    });
  }

  /** Says why, where there is a reason to tell, and hears nothing. */
  #turnAway(socket: Socket, error: unknown, peer: Peer | undefined): void {
    const reason = error instanceof Refusal ? error.message : String(error);
    recordEvent('refused', { reason, ...(peer && { uid: peer.uid, pid: peer.pid }) });
    if (!(error instanceof Refusal) || this.#refused >= REFUSED) {
      socket.destroy();
      return;
    }
    this.#refused++;
    socket.on('close', () => this.#refused--);
    tell(socket, error.failure);
    later('a connection that was refused', REFUSED_MS, () => socket.destroy()).unref();
  }
}

/** What the other side sends meanwhile waits in the kernel: closed at once, it might lose the answer with its own first request (EPIPE). */
function tell(socket: Socket, failure: Failure): void {
  const writer = new SocketMessageWriter(socket);
  writer
    .write({ jsonrpc: '2.0', method: 'helper/refused', params: { failure } } as Parameters<typeof writer.write>[0])
    .catch(() => undefined);
  writer.end();
}

function begin(socket: Socket, peer: Peer, services: Services): void {
  socket.setTimeout(GREETING_MS, () => socket.destroy());
  socket.once('readable', () => {
    const first = socket.read(1) as Buffer | null;
    if (!first) return; // it has closed without a word
    socket.unshift(first);
    if (first.toString() === streamGreeting('').charAt(0)) claimStream(socket, peer, services);
    else {
      socket.setTimeout(0);
      converse(socket, peer, services);
    }
  });
}

function claimStream(socket: Socket, peer: Peer, services: Services): void {
  const greeting = socket.read(GREETING_BYTES) as Buffer | null;
  if (!greeting) {
    // The rest is on its way.
    socket.once('readable', () => claimStream(socket, peer, services));
    return;
  }
  socket.setTimeout(0);
  const token = streamGreetingPattern.exec(greeting.toString('latin1'))?.[1];
  if (token !== undefined && services.streams.claim(token, peer.uid, socket)) return;
  recordEvent('stream refused', { uid: peer.uid, pid: peer.pid });
  socket.destroy();
}
