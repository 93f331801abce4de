// Namespaces that are kept without a process: each is mounted on a file, as `ip netns` does it.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SysError } from '../sys/errors.ts';
import { MNT_DETACH, mountFlags } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

const { MS_BIND, MS_PRIVATE } = mountFlags;

/**
 * @param namespace path of a namespace, like `/proc/812/ns/net`
 * @param path the file to mount it on; its directory becomes a mount of its own, which no other mount namespace gets to see
 */
export function pin(namespace: string, path: string): void {
  const directory = dirname(path);
  if (!existsSync(directory)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    sys('mount', directory, directory, directory, null, MS_BIND, null);
    // A mount namespace cannot be mounted where it would be seen from within itself (EINVAL).
    sys('mount', directory, null, directory, null, MS_PRIVATE, null);
  }
  writeFileSync(path, '');
  sys('mount', path, namespace, path, null, MS_BIND, null);
}

/** Lets go of all that is pinned in a directory. One that is gone is no error. */
export function unpin(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) detach(join(directory, name));
  detach(directory);
  rmSync(directory, { recursive: true, force: true });
}

function detach(path: string): void {
  try {
    sys('umount2', path, path, MNT_DETACH);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'EINVAL')) throw error; // a crash left it before it was mounted
  }
}
