// Names in an archive are bytes, and not always UTF-8. Here they are strings with one character for
// each byte (latin1), which can be compared, split and kept in a Map, and are exact.
import { Fault, quoted } from './fault.ts';

/** Relative to the root directory, without `.`, `..` and empty parts; empty for the root directory itself. */
export type BytePath = string;

/** linux/limits.h, with the NUL. */
const PATH_MAX = 4096;
const NAME_MAX = 255;

export const bytesOf = (path: BytePath): Buffer => Buffer.from(path, 'latin1');
export const parentOf = (path: BytePath): BytePath => path.slice(0, Math.max(0, path.lastIndexOf('/')));
export const nameOf = (path: BytePath): string => path.slice(path.lastIndexOf('/') + 1);
export const below = (parent: BytePath, name: string): BytePath => (parent === '' ? name : `${parent}/${name}`);

/** @param whose begins the sentence: `member "a"`. @throws Fault for a path that leads out of the root directory, or that no file can have */
export function cleanPath(path: string, whose: string): BytePath {
  if (path.startsWith('/')) throw new Fault(`${whose} is absolute`);
  if (path.includes('\0')) throw new Fault(`${whose} holds a NUL byte`);
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Fault(`${whose} leads out of the root directory with ".."`);
  if (path.length >= PATH_MAX || parts.some(part => part.length > NAME_MAX)) throw new Fault(`${whose} is longer than a path can be`);
  return parts.join('/');
}

/** @throws Fault */
export function cleanTarget(target: string, path: string): string {
  if (target === '' || target.includes('\0') || target.length >= PATH_MAX)
    throw new Fault(`the symbolic link ${quoted(path)} leads to no possible path`);
  return target;
}
