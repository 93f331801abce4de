import { connect, type Socket } from 'node:net';

/** Rejects with node's error: `ENOENT`, `ECONNREFUSED` when nobody listens, `EACCES`. */
export function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Whether something accepts connections at the socket. */
export async function answers(path: string): Promise<boolean> {
  try {
    (await dial(path)).destroy();
    return true;
  } catch {
    return false;
  }
}
