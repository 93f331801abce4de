import { randomUUID } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import type { Params, Result } from '../protocol/methods.ts';
import type { Size } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { Refusal } from '../sys/errors.ts';
import { F_DUPFD_CLOEXEC } from '../sys/flags.ts';
import { hasInput, sys } from '../sys/libc.ts';
import { type LaunchWorld, launch } from './launch.ts';
import { openPty, type Pty, resize } from './pty.ts';
import type { Streams } from './streams.ts';

interface Terminal {
  /** A descriptor of the helper's end besides the stream's, good for as long as the terminal is open. */
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
    world: LaunchWorld,
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
          open: ({ root, takesPlace }, { outside: { uid, gid } }) => {
            pty = openPty(takesPlace ? root : undefined, size, uid, gid);
            return [pty.slave, pty.slave, pty.slave];
          },
        },
        ending => exited(terminal, ending),
      );
      if (!pty) throw new Error('no terminal was made');
      return { ...this.offer(pty.master, uid, terminal), joined, notices };
    } catch (error) {
      if (pty && !this.#open.has(terminal)) closeSync(pty.master);
      throw error;
    }
  }

  /** A terminal for one connection by `uid`. The master is the terminal's from now on. */
  offer(master: number, uid: number, terminal = randomUUID()): { terminal: string; token: string } {
    const held = duplicate(master);
    // A ReadStream reads and writes without blocking; net.Socket refuses terminals.
    const stream = new ReadStream(master);
    this.#open.set(terminal, { master: held, uid, stream });
    stream.pause().on('error', () => undefined); // EIO is how a terminal ends; 'close' follows
    const token = this.#streams.offer(
      uid,
      socket => this.#attach(terminal, stream, socket),
      () => this.#forget(terminal),
    );
    return { terminal, token };
  }

  resize(terminal: string, size: Size, uid: number): void {
    resize(this.#find(terminal, uid).master, size);
  }

  /** Closing one that has ended is no error: it may have ended on its own a moment ago. */
  close(terminal: string, uid: number): void {
    if (this.#open.get(terminal)?.uid === uid) this.#forget(terminal);
  }

  #attach(terminal: string, stream: ReadStream, socket: Socket): void {
    const end = (): void => {
      const open = this.#open.get(terminal);
      if (!socket.writableEnded) socket.end(open ? leftIn(open.master) : '');
      // What comes now is for nobody, but who does not read never sees the other end go, and keeps the socket for ever.
      socket.unpipe(stream).resume();
      this.#forget(terminal);
    };
    stream.on('end', end).on('close', end).pipe(socket, { end: false });
    socket.pipe(stream, { end: false });
    socket.on('error', () => undefined).on('close', () => this.#forget(terminal));
    if (stream.destroyed) end();
  }

  #find(terminal: string, uid: number): Terminal {
    const found = this.#open.get(terminal);
    if (!found || found.uid !== uid) throw new Refusal('gone', 'This terminal has ended.', { subject: terminal });
    return found;
  }

  /** Destroying the stream closes the master, at which the kernel sends SIGHUP to what runs in it. */
  #forget(terminal: string): void {
    const open = this.#open.get(terminal);
    if (!open || !this.#open.delete(terminal)) return;
    open.stream.destroy();
    closeSync(open.master);
  }
}

const duplicate = (fd: number): number => sys('fcntl', 'a terminal', fd, F_DUPFD_CLOEXEC, 'int', 0);

/**
 * What nobody has read yet of a terminal that was hung up. libuv takes the hang-up for the end as soon
 * as a read fills less than its buffer, and a terminal never fills it.
 */
function leftIn(master: number): Buffer {
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(4096);
  while (hasInput(master)) parts.push(Buffer.from(buffer.subarray(0, readSync(master, buffer, 0, buffer.length, null))));
  return Buffer.concat(parts);
}
