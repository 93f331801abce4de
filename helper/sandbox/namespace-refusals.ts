// Why this machine makes no namespace, and what root can do about it. The kernel says only EPERM or ENOSPC.
import { readFileSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';

/** Reads a sysctl by its path below /proc/sys; undefined where this kernel has none. */
export type ReadSysctl = (path: string) => string | undefined;

export const readSysctl: ReadSysctl = path => {
  try {
    return readFileSync(`/proc/sys/${path}`, 'latin1').trim();
  } catch {
    return undefined;
  }
};

/** Settings that keep an ordinary user from making user namespaces, and with which value they do. */
const barriers: readonly { readonly path: string; readonly forbids: string; readonly allows: string }[] = [
  { path: 'kernel/apparmor_restrict_unprivileged_userns', forbids: '1', allows: '0' },
  { path: 'kernel/unprivileged_userns_clone', forbids: '0', allows: '1' },
];

const limitOf = (type: NamespaceType): string => `user/max_${type}_namespaces`;

/** Everything in sysctl that decides on it. */
export const decisive: readonly string[] = [...barriers.map(({ path }) => path), ...namespaceTypes.map(limitOf)];

const dotted = (path: string): string => path.replaceAll('/', '.');

/**
 * @param types those that unshare(2) was asked for
 * @returns a sentence without its capital and its end; undefined for an errno that says enough by itself
 */
export function whyRefused(errno: string, types: readonly NamespaceType[], read: ReadSysctl): string | undefined {
  if (errno === 'EPERM') return barrier(read);
  if (errno === 'ENOSPC') return limit(types, read);
  return errno === 'EUSERS' ? 'namespaces are nested too deeply: the limit is 32' : undefined;
}

function barrier(read: ReadSysctl): string {
  const found = barriers.find(({ path, forbids }) => read(path) === forbids);
  if (!found) return 'a security module or a seccomp filter of this machine forbids new namespaces: see its audit log';
  const { path, forbids, allows } = found;
  return `with ${dotted(path)} at ${forbids} this machine forbids new user namespaces: root allows them with sysctl ${dotted(path)}=${allows}`;
}

/** Of several types the one with the lowest limit; the kernel does not say which it was. */
function limit(types: readonly NamespaceType[], read: ReadSysctl): string | undefined {
  const [lowest] = types
    .map(limitOf)
    .flatMap(path => ({ path, value: Number(read(path) ?? Number.NaN) }))
    .filter(({ value }) => Number.isInteger(value))
    .sort((a, b) => a.value - b.value);
  if (!lowest) return undefined;
  const name = dotted(lowest.path);
  const which = types.length === 1 ? name : `the lowest of them, ${name},`;
  return `a limit of namespaces is reached: ${which} is ${lowest.value}; root raises it with sysctl ${name}=${usualLimit(read)}`;
}

/** What the kernel begins with: fork_init of kernel/fork.c, half of the threads that the machine's memory is good for. */
const usualLimit = (read: ReadSysctl): number => Math.floor(Number(read('kernel/threads-max') ?? 2) / 2);
