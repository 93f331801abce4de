import { closeSync } from 'node:fs';
import { background, heard, later } from '../sys/background.ts';
import { SysError } from '../sys/errors.ts';
import { sendWith } from '../sys/libc.ts';
import { duplicate, type Taken } from './connection.ts';
import { decodeReport, encodeOrder, type Order, REPORT_BYTES, type Report } from './messages.ts';
import { startRelay } from './start.ts';

/** How long orders wait that the relay has no room for: it is stopped, or takes in hundreds. */
const RETRY_MS = 5;

/** What becomes of one terminal. */
export interface Fate {
  /** This client has gone; the terminal is still there. */
  readonly detached: (client: number) => void;
  /** The relay knows it no more: its client has all of it, or the relay was killed. */
  readonly over: () => void;
}

interface Pending {
  readonly order: Order;
  /** The relay gets one of its own; this one is closed once it has it. */
  readonly fd: number | undefined;
}

/** Nobody is there any more. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ECONNREFUSED']);

/** The helper's side of the process that carries the bytes of terminals. It is started for the first one. */
export class Relay {
  readonly #fates = new Map<number, Fate>();
  readonly #pending: Pending[] = [];
  #orders: number | undefined;
  #ids = 0;

  /**
   * @param master stays the caller's
   * @returns the number of the terminal for the other calls
   * @throws SysError when there is none and it cannot be started
   */
  add(master: number, kept: boolean, fate: Fate): number {
    this.#orders ??= this.#start();
    const id = ++this.#ids;
    // The caller may close his before the relay takes it.
    this.#send({ order: { do: 'add', id, kept }, fd: duplicate(master) });
    this.#fates.set(id, fate);
    return id;
  }

  /** The terminal's client is this one from now on; who had it sees the end of its stream. */
  attach(id: number, { fd, early }: Taken, client: number, replay: boolean): void {
    this.#send({ order: { do: 'attach', id, client, replay, early }, fd });
  }

  /** Its client sees the end of its stream. `fate` hears no more. */
  drop(id: number): void {
    if (this.#fates.delete(id)) this.#send({ order: { do: 'drop', id }, fd: undefined });
  }

  #start(): number {
    const { orders, reports } = startRelay();
    let rest: Buffer = Buffer.alloc(0);
    reports.on('data', (part: Buffer) => {
      rest = Buffer.concat([rest, part]);
      for (; rest.length >= REPORT_BYTES; rest = rest.subarray(REPORT_BYTES)) this.#hear(rest);
    });
    reports.on('error', () => undefined).on('close', () => this.#end());
    return orders;
  }

  /** What becomes of one terminal must keep no other from being told. */
  readonly #hear = heard('a report of the relay', (bytes: Buffer): void => {
    const { kind, id, client }: Report = decodeReport(bytes);
    const fate = this.#fates.get(id);
    if (kind === 'detached') fate?.detached(client);
    else {
      this.#fates.delete(id);
      fate?.over();
    }
  });

  /** It was killed. All its terminals end with it; the next one is carried by another. */
  #end(): void {
    if (this.#orders !== undefined) closeSync(this.#orders);
    this.#orders = undefined;
    for (const each of this.#pending.splice(0)) settle(each);
    const fates = [...this.#fates.values()];
    this.#fates.clear();
    for (const fate of fates) background('the end of a terminal', () => fate.over());
  }

  #send(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#pending.length === 1) this.#flush();
  }

  /** In their order, and without ever waiting for the relay. */
  #flush(): void {
    for (let next = this.#pending[0]; next; next = this.#pending[0]) {
      if (this.#orders !== undefined && !hasTaken(this.#orders, next)) {
        later('orders to the relay', RETRY_MS, () => this.#flush());
        return;
      }
      settle(next);
      this.#pending.shift();
    }
  }
}

/** One that has just been killed takes everything: its end is about to be heard of. */
function hasTaken(orders: number, { order, fd }: Pending): boolean {
  try {
    sendWith(orders, encodeOrder(order), fd === undefined ? [] : [fd], 'the relay of terminals');
    return true;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return GONE.has(error.errno);
  }
}

function settle({ fd }: Pending): void {
  if (fd !== undefined) closeSync(fd);
}
