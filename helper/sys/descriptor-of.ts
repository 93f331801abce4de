import type { Socket } from 'node:net';

/**
 * Node keeps the descriptor to itself; without it there are no credentials, and without those no service.
 * @throws Error for a socket that is closed
 */
export function descriptorOf(socket: Socket): number {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle) || typeof handle.fd !== 'number' || handle.fd < 0) {
    throw new Error('the connection has no descriptor');
  }
  return handle.fd;
}
