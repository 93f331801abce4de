import { Refusal } from '../sys/errors.ts';

/** sockaddr_un holds 108 bytes with the NUL, unix(7). Node would cut a longer path and say nothing. */
const MAX_BYTES = 107;

/** @throws Refusal `invalid` for a path that no socket can have */
export function requireSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_BYTES) {
    throw new Refusal('invalid', `The socket path ${path} is ${bytes} bytes long; the kernel takes at most ${MAX_BYTES}.`, {
      subject: path,
    });
  }
  if (!path.startsWith('/')) throw new Refusal('invalid', `The socket path ${JSON.stringify(path)} is not absolute.`, { subject: path });
}
