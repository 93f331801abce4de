import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Params, Result } from '../protocol/methods.ts';
import type { Entry } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { O_CLOEXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { type Launched, launch } from './launch.ts';
import type { Streams } from './streams.ts';
import type { World } from './target.ts';

const OUTPUT_BYTES = 1 << 20;

type Ends = readonly [number, number, number];

const close = (ends: readonly number[]): void => {
  for (const fd of ends) closeSync(fd);
};

/** Pipes and not sockets, because opening /dev/stdin inside works only with pipes. */
class Pipes {
  /** The ends that become descriptors 0, 1 and 2 of a command. */
  readonly inside: Ends;
  readonly outside: Ends;

  constructor() {
    const made: { read: number; write: number }[] = [];
    try {
      const [input, output, errors] = [pipe(made), pipe(made), pipe(made)];
      this.inside = [input.read, output.write, errors.write];
      this.outside = [input.write, output.read, errors.read];
    } catch (error) {
      close(made.flatMap(({ read, write }) => [read, write])); // EMFILE midway
      throw error;
    }
  }

  streams(): { stdin: Socket; stdout: Socket; stderr: Socket } {
    const [stdin, stdout, stderr] = this.outside;
    return {
      stdin: quiet(new Socket({ fd: stdin, readable: false, writable: true })),
      stdout: quiet(new Socket({ fd: stdout, readable: true, writable: false })),
      stderr: quiet(new Socket({ fd: stderr, readable: true, writable: false })),
    };
  }
}

function pipe(made: { read: number; write: number }[]): { read: number; write: number } {
  const ends = Buffer.alloc(8);
  sys('pipe2', 'a pipe', ends, O_CLOEXEC);
  const both = { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
  made.push(both);
  return both;
}

/** EPIPE: the command does not read what is sent to it, which is its own affair. */
const quiet = (socket: Socket): Socket => socket.on('error', () => undefined);

type Started = Launched &
  ReturnType<Pipes['streams']> & {
    /** Does nothing once it has ended: its pid may be another's then. */
    readonly kill: () => void;
  };

async function start(entry: Entry, world: World, onEnd: (ending: Ending) => void): Promise<Started> {
  const pipes = new Pipes();
  let opened = false;
  let runs = true;
  const open = (): Ends => {
    opened = true;
    return pipes.inside;
  };
  try {
    const launched = await launch(entry, world, { terminal: false, open }, ending => {
      runs = false;
      onEnd(ending);
    });
    const kill = (): void => {
      if (runs) process.kill(launched.pid, 'SIGKILL');
    };
    return { ...launched, ...pipes.streams(), kill };
  } catch (error) {
    close(pipes.outside);
    if (!opened) close(pipes.inside);
    throw error;
  }
}

/** Calls back when the client that asked has gone: nobody is left to end what it started. */
type OnClose = (handler: () => void) => () => void;

/** Runs a command to its end and collects what it writes. */
export async function run(
  { input, timeoutMs, ...entry }: Params<'process/run'>,
  world: World,
  onClose: OnClose,
): Promise<Result<'process/run'>> {
  let ended: (ending: Ending) => void = () => undefined;
  const ending = new Promise<Ending>(resolve => {
    ended = resolve;
  });
  const { stdin, stdout, stderr, kill } = await start(entry, world, ending => ended(ending));
  const stay = onClose(kill);
  stdin.end(input ?? '');
  const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
  const outputs = [collect(stdout), collect(stderr)] as const;
  const how = await ending;
  clearTimeout(timer);
  stay();
  // What it left in the background may hold the pipes open for ever; what is in them now is its output.
  await Promise.race([Promise.all(outputs.map(each => each.done)), new Promise(resolve => setTimeout(resolve, 100))]);
  for (const each of [stdin, stdout, stderr]) each.destroy();
  return { ...how, stdout: outputs[0].text(), stderr: outputs[1].text(), cut: outputs.some(each => each.isCut()) };
}

interface Collected {
  readonly done: Promise<void>;
  readonly text: () => string;
  readonly isCut: () => boolean;
}

function collect(stream: Socket): Collected {
  const parts: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (part: Buffer) => {
    if (bytes < OUTPUT_BYTES) parts.push(part.subarray(0, OUTPUT_BYTES - bytes));
    bytes += part.length;
  });
  return {
    done: new Promise(resolve => stream.on('close', () => resolve())),
    text: () => Buffer.concat(parts).toString(),
    isCut: () => bytes > OUTPUT_BYTES,
  };
}

interface Opening {
  readonly uid: number;
  readonly streams: Streams;
  readonly onClose: OnClose;
  readonly exited: (process: string, ending: Ending) => void;
}

/** Passes on what the client sends, for as long as the command reads: after that nobody would notice the client's end. */
function feed(stdin: Socket, socket: Socket): void {
  if (stdin.destroyed) {
    socket.destroy();
    return;
  }
  stdin.on('close', () => socket.destroy());
  socket.pipe(stdin);
}

/** Starts a command whose streams are claimed by their tokens; those that are not, are closed. It is killed when its client leaves. */
export async function open(
  entry: Params<'process/open'>,
  world: World,
  { uid, streams, onClose, exited }: Opening,
): Promise<Result<'process/open'>> {
  const id = randomUUID();
  let stay = (): void => undefined;
  const { stdin, stdout, stderr, joined, notices, kill } = await start(entry, world, ending => {
    stay();
    exited(id, ending);
  });
  stay = onClose(kill);
  const offer = (pipe: Socket, attach: (socket: Socket) => void): string =>
    streams.offer(
      uid,
      socket => {
        socket.on('error', () => undefined).on('close', () => (pipe === stdin ? stdin.end() : pipe.destroy()));
        attach(socket);
      },
      () => pipe.destroy(),
    );
  return {
    process: id,
    stdin: offer(stdin, socket => feed(stdin, socket)),
    stdout: offer(stdout, socket => void stdout.pipe(socket)),
    stderr: offer(stderr, socket => void stderr.pipe(socket)),
    joined,
    notices,
  };
}
