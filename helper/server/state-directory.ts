import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
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

/**
 * Makes the directory of a socket, which is also where the helper keeps its records and its log.
 * @throws Refusal when the socket cannot be there, or when others could put files of theirs in place of the helper's
 */
export function makeStateDirectory(socket: string): void {
  requireSocketPath(socket);
  const directory = dirname(socket);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) {
    throw new Refusal('denied', `${directory} must be a directory of the helper's own user that nobody else can write.`, {
      subject: directory,
    });
  }
  chmodSync(directory, 0o755); // whatever the umask was: a sandbox's root is put together below it, as the caller
}
