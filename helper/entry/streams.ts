// Raw byte streams: each is a connection of its own to the helper's socket, which names it by a token.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { later } from '../sys/background.ts';

/** A token that nobody has used by then is void, and what it stands for is given up. */
const CLAIM_MS = 10_000;

interface Offer {
  readonly uid: number;
  readonly attach: (socket: Socket) => void;
  readonly timer: NodeJS.Timeout;
}

export class Streams {
  readonly #offers = new Map<string, Offer>();

  /** A token for one connection by `uid`; `expired` is called when none comes. */
  offer(uid: number, attach: (socket: Socket) => void, expired: () => void): string {
    const token = randomBytes(32).toString('hex');
    const timer = later('a stream that nobody claimed', CLAIM_MS, () => {
      this.#offers.delete(token);
      expired();
    }).unref();
    this.#offers.set(token, { uid, attach, timer });
    return token;
  }

  /** False when the token is unknown, used already, or another user's. */
  claim(token: string, uid: number, socket: Socket): boolean {
    const offer = this.#offers.get(token);
    if (!offer || offer.uid !== uid) return false;
    this.#offers.delete(token);
    clearTimeout(offer.timer);
    offer.attach(socket);
    return true;
  }
}
