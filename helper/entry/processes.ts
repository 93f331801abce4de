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

/** Pipes and not sockets, because opening /dev/stdin inside works only with pipes. */
class Pipes {
  readonly #ends = [0, 1, 2].map(() => {
    const ends = Buffer.alloc(8);
    sys('pipe2', 'a pipe', ends, O_CLOEXEC);
    return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
  });

  /** The ends that become descriptors 0, 1 and 2 of a command. */
  get inside(): readonly [number, number, number] {
    const [input, output, errors] = this.#ends;
    if (!input || !output || !errors) throw new Error('three pipes');
    return [input.read, output.write, errors.write];
  }

  get #outside(): readonly [number, number, number] {
    const [input, output, errors] = this.#ends;
    if (!input || !output || !errors) throw new Error('three pipes');
    return [input.write, output.read, errors.read];
  }

  streams(): { stdin: Socket; stdout: Socket; stderr: Socket } {
    const [stdin, stdout, stderr] = this.#outside;
    return {
      stdin: quiet(new Socket({ fd: stdin, readable: false, writable: true })),
      stdout: quiet(new Socket({ fd: stdout, readable: true, writable: false })),
      stderr: quiet(new Socket({ fd: stderr, readable: true, writable: false })),
    };
  }

  closeOutside(): void {
    for (const fd of this.#outside) closeSync(fd);
  }
}

/** EPIPE: the command does not read what is sent to it, which is its own affair. */
const quiet = (socket: Socket): Socket => socket.on('error', () => undefined);

async function start(entry: Entry, world: World, onEnd: (ending: Ending) => void): Promise<Launched & ReturnType<Pipes['streams']>> {
  const pipes = new Pipes();
  let opened = false;
  const open = (): readonly [number, number, number] => {
    opened = true;
    return pipes.inside;
  };
  try {
    const launched = await launch(entry, world, { terminal: false, open }, onEnd);
    return { ...launched, ...pipes.streams() };
  } catch (error) {
    pipes.closeOutside();
    if (!opened) for (const fd of pipes.inside) closeSync(fd);
    throw error;
  }
}

/** Runs a command to its end and collects what it writes. */
export async function run({ input, timeoutMs, ...entry }: Params<'process/run'>, world: World): Promise<Result<'process/run'>> {
  let ended: (ending: Ending) => void = () => undefined;
  const ending = new Promise<Ending>(resolve => {
    ended = resolve;
  });
  const { pid, stdin, stdout, stderr } = await start(entry, world, ending => ended(ending));
  stdin.end(input ?? '');
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => process.kill(pid, 'SIGKILL'), timeoutMs);
  const outputs = [collect(stdout), collect(stderr)] as const;
  const how = await ending;
  clearTimeout(timer);
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

/** Starts a command whose streams are claimed by their tokens; it is hung up when none of them is. */
export async function open(
  entry: Params<'process/open'>,
  world: World,
  uid: number,
  streams: Streams,
  exited: (process: string, ending: Ending) => void,
): Promise<Result<'process/open'>> {
  const id = randomUUID();
  const { stdin, stdout, stderr, joined, notices } = await start(entry, world, ending => exited(id, ending));
  const offer = (pipe: Socket, attach: (socket: Socket) => void): string => streams.offer(uid, attach, () => pipe.destroy());
  return {
    process: id,
    stdin: offer(stdin, socket => void socket.on('error', () => stdin.destroy()).pipe(stdin)),
    stdout: offer(stdout, socket => void stdout.pipe(socket.on('error', () => stdout.destroy()))),
    stderr: offer(stderr, socket => void stderr.pipe(socket.on('error', () => stderr.destroy()))),
    joined,
    notices,
  };
}
