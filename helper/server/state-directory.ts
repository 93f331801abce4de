import { chmodSync, lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Refusal } from '../sys/errors.ts';

/** sockaddr_un holds 108 bytes with the NUL, unix(7). Node would cut a longer path and say nothing. */
const MAX_BYTES = 107;
/** As many links as the kernel follows, path_resolution(7). */
const MAX_LINKS = 40;
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

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
 * Makes the directory of a socket, which is also where the helper keeps its records and its log, and those above it.
 * @returns its path without links
 * @throws Refusal when the socket cannot be there, or when others could put files or directories of theirs in place of the helper's
 */
export function makeStateDirectory(socket: string): string {
  requireSocketPath(socket);
  const directory = madeWithin(dirname(socket));
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new Refusal('denied', `${directory} must be a directory of the helper's own user that nobody else can write.`, {
      subject: directory,
    });
  }
  requireNothingElse(join(directory, basename(socket)));
  chmodSync(directory, 0o755); // whatever the umask was: a sandbox's root is put together below it, as the caller
  return directory;
}

/** A socket that nobody answers on is taken away; whatever else has that name is somebody's. */
function requireNothingElse(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isSocket()) return;
  throw new Refusal('taken', `${path} is there already, and is no socket.`, { subject: path, hint: 'Choose another --socket.' });
}

/** Walks as the kernel does, a name at a time: whoever owns one of the directories or links on the way chooses where it leads. */
function madeWithin(path: string): string {
  const names = partsOf(path);
  let reached = '/';
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '..') {
      reached = dirname(reached);
      continue;
    }
    requireSafe(reached, path);
    const next = join(reached, name);
    const stat = lstatSync(next, { throwIfNoEntry: false });
    if (!stat) mkdirSync(next, 0o755);
    else if (!isOwn(stat)) throw unsafe(next, path);
    if (!stat?.isSymbolicLink()) {
      reached = next;
      continue;
    }
    if (++links > MAX_LINKS) throw new Refusal('invalid', `${path} leads through too many links.`, { subject: path });
    const target = readlinkSync(next);
    names.unshift(...partsOf(target));
    if (target.startsWith('/')) reached = '/';
  }
  return reached;
}

const partsOf = (path: string): string[] => path.split('/').filter(name => name !== '' && name !== '.');

/** Root's, or the helper's own. */
const isOwn = ({ uid }: Stats): boolean => uid === 0 || uid === process.getuid?.();

/** In a directory with the sticky bit, as /tmp, nobody takes away what is another's. */
function requireSafe(directory: string, path: string): void {
  const stat = lstatSync(directory);
  if (!isOwn(stat) || ((stat.mode & WRITABLE_BY_OTHERS) !== 0 && (stat.mode & STICKY) === 0)) throw unsafe(directory, path);
}

const unsafe = (where: string, path: string): Refusal =>
  new Refusal('denied', `${where}, on the way to ${path}, belongs to another user or can be written by others.`, {
    subject: where,
    hint: 'Choose a --socket below directories of root.',
  });
