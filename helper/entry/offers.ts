// The streams of a command that a client is to fetch, each by its token.
import type { Socket } from 'node:net';
import type { Pipes } from './pipes.ts';
import type { Streams } from './streams.ts';

/** Passes on what the client sends, for as long as the command reads: after that nobody would notice the client's end. */
function feed(stdin: Socket, socket: Socket): void {
  if (stdin.destroyed) {
    socket.destroy();
    return;
  }
  stdin.on('close', () => socket.destroy());
  socket.pipe(stdin);
}

/** Those that nobody fetches are closed. */
export function offerStreams(
  { stdin, stdout, stderr }: Pipes['streams'],
  streams: Streams,
  uid: number,
): { stdin: string; stdout: string; stderr: string } {
  const offer = (pipe: Socket, attach: (socket: Socket) => unknown): string =>
    streams.offer(
      uid,
      socket => {
        socket.on('error', () => undefined).on('close', () => (pipe === stdin ? stdin.end() : pipe.destroy()));
        attach(socket);
      },
      () => pipe.destroy(),
    );
  return {
    stdin: offer(stdin, socket => feed(stdin, socket)),
    stdout: offer(stdout, socket => stdout.pipe(socket)),
    stderr: offer(stderr, socket => stderr.pipe(socket)),
  };
}
