import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { O_CLOEXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

type Ends = readonly [number, number, number];

/** @param flags of pipe2(2) besides O_CLOEXEC */
export function pipe(flags = 0): { read: number; write: number } {
  const ends = Buffer.alloc(8);
  sys('pipe2', 'a pipe', ends, O_CLOEXEC | flags);
  return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
}

/** The streams of a command. Pipes and not sockets, because opening /dev/stdin inside works only with pipes. */
export class Pipes {
  /** The ends that become descriptors 0, 1 and 2 of a command. */
  readonly inside: Ends;
  /** The helper's ends. */
  readonly streams: { readonly stdin: Socket; readonly stdout: Socket; readonly stderr: Socket };

  constructor() {
    const made: { read: number; write: number }[] = [];
    const another = (): { read: number; write: number } => {
      const both = pipe();
      made.push(both);
      return both;
    };
    try {
      const [input, output, errors] = [another(), another(), another()];
      this.inside = [input.read, output.write, errors.write];
      this.streams = {
        stdin: quiet(new Socket({ fd: input.write, readable: false, writable: true })),
        stdout: quiet(new Socket({ fd: output.read, readable: true, writable: false })),
        stderr: quiet(new Socket({ fd: errors.read, readable: true, writable: false })),
      };
    } catch (error) {
      close(made.flatMap(({ read, write }) => [read, write])); // EMFILE midway
      throw error;
    }
  }

  closeInside(): void {
    close(this.inside);
  }

  closeOutside(): void {
    for (const each of Object.values(this.streams)) each.destroy();
  }
}

const close = (ends: readonly number[]): void => {
  for (const fd of ends) closeSync(fd);
};

/** EPIPE: the command does not read what is sent to it, which is its own affair. */
const quiet = (socket: Socket): Socket => socket.on('error', () => undefined);
