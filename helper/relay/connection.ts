import type { Socket } from 'node:net';
import { descriptorOf } from '../sys/descriptor-of.ts';
import { F_DUPFD_CLOEXEC } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

export interface Taken {
  readonly fd: number;
  /** What Node had read of it by now. */
  readonly early: Buffer;
}

/** Takes a connection from Node, which reads no more of it. The other end notices nothing: destroying closes without shutdown(2). */
export function takeConnection(socket: Socket): Taken {
  const early = (socket.read() as Buffer | null) ?? Buffer.alloc(0);
  const fd = duplicate(descriptorOf(socket));
  socket.destroy();
  return { fd, early };
}

export const duplicate = (fd: number): number => sys('fcntl', 'a terminal', fd, F_DUPFD_CLOEXEC, 'int', 0);
