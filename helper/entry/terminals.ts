import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Params, Result } from '../protocol/methods.ts';
import type { Size } from '../protocol/target.ts';
import { takeConnection } from '../relay/connection.ts';
import { Relay } from '../relay/relay.ts';
import type { Ending } from '../stage/reaper.ts';
import { later } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { keptOf, requireRoom } from './kept.ts';
import { type LaunchWorld, launch } from './launch.ts';
import { type Pty, resize } from './pty.ts';
import { redraw } from './redraw.ts';
import type { Streams } from './streams.ts';
import { Terminal } from './terminal.ts';

/** An ended one that nobody has come back to by then is forgotten. */
const REMEMBERED_MS = 3_600_000;

/** Called once, when the command has ended; its last output may still be on the way. */
export type Told = (terminal: string, ending: Ending) => void;

/**
 * The terminals that are open. Each lives as long as its stream: when the client goes, the kernel hangs it up. A kept one
 * goes on without, and what it writes is there for the next.
 */
export class Terminals {
  readonly #open = new Map<string, Terminal>();
  /** The kept ones that are on their way. */
  readonly #opening = new Set<Terminal>();
  readonly #relay = new Relay();
  readonly #streams: Streams;
  #clients = 0;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  async open(
    { size, keep, ...entry }: Params<'terminal/open'>,
    world: LaunchWorld,
    uid: number,
    told: Told,
  ): Promise<Result<'terminal/open'>> {
    const terminal = new Terminal(randomUUID(), uid, told, { keep, command: entry.command });
    if (keep) this.#makeRoom(uid);
    this.#opening.add(terminal);
    try {
      const { label, joined, notices } = await launch(
        entry,
        world,
        {
          size,
          open: pty => {
            const slave = this.#make(terminal, pty);
            return [slave, slave, slave];
          },
        },
        ending => this.#note(terminal, ending),
      );
      if (!terminal.isOpen) throw gone(terminal.id); // the relay was killed meanwhile
      terminal.label = label;
      terminal.size = size;
      return { terminal: terminal.id, token: this.#begin(terminal), joined, notices };
    } catch (error) {
      this.#forget(terminal);
      throw error;
    } finally {
      this.#opening.delete(terminal);
    }
  }

  /** A terminal for one connection by `uid`. The master is the terminal's from now on. */
  offer(master: number, uid: number): { terminal: string; token: string } {
    const terminal = new Terminal(randomUUID(), uid, () => undefined);
    this.#hold(terminal, master);
    return { terminal: terminal.id, token: this.#begin(terminal) };
  }

  list(uid: number): Result<'terminal/list'> {
    return { terminals: keptOf(this.#open.values(), uid).map(each => each.describe()) };
  }

  /** The stream that the token stands for begins with what was written before, and takes the terminal from who has it. */
  attach({ terminal: id, size }: Params<'terminal/attach'>, uid: number, told: Told): Result<'terminal/attach'> {
    const terminal = this.#find(id, uid);
    if (!terminal.keep) throw gone(id);
    const { ended } = terminal;
    const token = this.#streams.offer(
      uid,
      socket => {
        terminal.told = told;
        // Between the answer and the stream nobody was told, or somebody else.
        if (terminal.ended && !ended) told(id, terminal.ended);
        this.#connect(terminal, socket, true);
        if (terminal.isOpen) redraw(terminal, size);
      },
      () => undefined,
    );
    return { token, ...(ended && { ended }) };
  }

  resize(id: string, size: Size, uid: number): void {
    const terminal = this.#find(id, uid);
    resize(terminal.master, size);
    terminal.size = size;
  }

  /** Closing one that has ended is no error: it may have ended on its own a moment ago. */
  close(id: string, uid: number): void {
    const terminal = this.#open.get(id);
    if (terminal?.uid === uid) this.#forget(terminal);
  }

  /** The relay takes its end in while the command is on its way. @returns the other end */
  #make(terminal: Terminal, { master, slave }: Pty): number {
    try {
      this.#hold(terminal, master);
      return slave;
    } catch (error) {
      closeSync(master);
      closeSync(slave);
      throw error;
    }
  }

  #hold(terminal: Terminal, master: number): void {
    terminal.number = this.#relay.add(master, terminal.keep !== undefined, {
      detached: client => this.#detached(terminal, client),
      over: () => this.#forget(terminal),
    });
    terminal.master = master;
    terminal.isOpen = true;
  }

  #begin(terminal: Terminal): string {
    this.#open.set(terminal.id, terminal);
    return this.#streams.offer(
      terminal.uid,
      socket => this.#connect(terminal, socket, false),
      () => {
        if (!terminal.wasShown) this.#forget(terminal);
      },
    );
  }

  #connect(terminal: Terminal, socket: Socket, replay: boolean): void {
    if (!terminal.isOpen) {
      socket.destroy();
      return;
    }
    terminal.client = ++this.#clients;
    terminal.wasShown = true;
    clearTimeout(terminal.forgetting);
    this.#relay.attach(terminal.number, takeConnection(socket), terminal.client, replay);
  }

  /** @param client who has gone; another may have taken it by now */
  #detached(terminal: Terminal, client: number): void {
    if (terminal.client !== client) return;
    terminal.client = undefined;
    if (!terminal.keep) this.#forget(terminal);
    else if (terminal.ended) this.#forgetLater(terminal);
  }

  #note(terminal: Terminal, ending: Ending): void {
    terminal.ended = ending;
    if (terminal.keep && terminal.isOpen && terminal.client === undefined) this.#forgetLater(terminal);
    terminal.told(terminal.id, ending);
  }

  #forgetLater(terminal: Terminal): void {
    clearTimeout(terminal.forgetting);
    terminal.forgetting = later('a terminal that has ended', REMEMBERED_MS, () => this.#forget(terminal)).unref();
  }

  #makeRoom(uid: number): void {
    const oldest = requireRoom([...keptOf(this.#open.values(), uid), ...keptOf(this.#opening, uid)]);
    if (oldest) this.#forget(oldest);
  }

  #find(id: string, uid: number): Terminal {
    const found = this.#open.get(id);
    if (!found || found.uid !== uid) throw gone(id);
    return found;
  }

  /** With the last descriptor of the master the kernel sends SIGHUP to what runs in it. */
  #forget(terminal: Terminal): void {
    if (!terminal.isOpen) return;
    terminal.isOpen = false;
    this.#open.delete(terminal.id);
    clearTimeout(terminal.forgetting);
    this.#relay.drop(terminal.number);
    closeSync(terminal.master);
  }
}

const gone = (terminal: string): Refusal => new Refusal('gone', 'This terminal has ended.', { subject: terminal });
