import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import type { Params, Result } from '../protocol/methods.ts';
import type { Size } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { Refusal } from '../sys/errors.ts';
import { outsideId } from './identity.ts';
import { launch } from './launch.ts';
import { openPty, type Pty, resize } from './pty.ts';
import type { Streams } from './streams.ts';
import type { World } from './target.ts';

interface Terminal {
  readonly master: number;
  readonly uid: number;
  readonly stream: ReadStream;
}

/** The terminals that are open. Each lives as long as its stream: when the client goes, the kernel hangs it up. */
export class Terminals {
  readonly #open = new Map<string, Terminal>();
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** @param exited called once, when the command has ended; its last output may still be on the way */
  async open(
    { size, ...entry }: Params<'terminal/open'>,
    world: World,
    uid: number,
    exited: (terminal: string, ending: Ending) => void,
  ): Promise<Result<'terminal/open'>> {
    const terminal = randomUUID();
    let pty: Pty | undefined;
    try {
      const { joined, notices } = await launch(
        entry,
        world,
        {
          terminal: true,
          open: (entered, identity) => {
            pty = openPty(entered.root, size, outsideId(identity.uid, entered.uidMap), outsideId(identity.gid, entered.gidMap));
            return [pty.slave, pty.slave, pty.slave];
          },
        },
        ending => exited(terminal, ending),
      );
      if (!pty) throw new Error('no terminal was made');
      const { master } = pty;
      // A ReadStream reads and writes without blocking; net.Socket refuses terminals.
      const stream = new ReadStream(master);
      this.#open.set(terminal, { master, uid, stream });
      stream.pause().on('error', () => this.#forget(terminal)); // EIO is how a terminal ends
      const token = this.#streams.offer(
        uid,
        socket => this.#attach(terminal, stream, socket),
        () => this.#forget(terminal),
      );
      return { terminal, token, joined, notices };
    } catch (error) {
      if (pty && !this.#open.has(terminal)) closeSync(pty.master);
      throw error;
    }
  }

  resize(terminal: string, size: Size, uid: number): void {
    resize(this.#find(terminal, uid).master, size);
  }

  /** Closing one that has ended is no error: it may have ended on its own a moment ago. */
  close(terminal: string, uid: number): void {
    if (this.#open.get(terminal)?.uid === uid) this.#forget(terminal);
  }

  #attach(terminal: string, stream: ReadStream, socket: Socket): void {
    stream.pipe(socket);
    socket.pipe(stream, { end: false });
    stream.on('close', () => socket.end());
    socket.on('error', () => undefined).on('close', () => this.#forget(terminal));
    if (stream.destroyed) socket.end();
  }

  #find(terminal: string, uid: number): Terminal {
    const found = this.#open.get(terminal);
    if (!found || found.uid !== uid) throw new Refusal('gone', 'This terminal has ended.', { subject: terminal });
    return found;
  }

  /** Destroying the stream closes the master, at which the kernel sends SIGHUP to what runs in it. */
  #forget(terminal: string): void {
    this.#open.get(terminal)?.stream.destroy();
    this.#open.delete(terminal);
  }
}
