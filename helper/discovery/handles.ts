// From what the last scan found to a descriptor that stays true.
import { closeSync } from 'node:fs';
import type { Namespace, NamespaceKey, Process, Snapshot } from '../protocol/model.ts';
import { Refusal } from '../sys/errors.ts';
import { inodeOf, openNamespaceFile } from '../sys/namespaces.ts';

/** @throws Refusal `gone` when the scan did not see it */
export function findNamespace(snapshot: Snapshot, { type, inode }: NamespaceKey): Namespace {
  const found = snapshot.namespaces.find(each => each.type === type && each.inode === inode);
  if (!found) throw new Refusal('gone', `${type}:[${inode}] is gone: nothing keeps it alive any more.`, { subject: `${type}:[${inode}]` });
  return found;
}

export const membersOf = ({ processes }: Snapshot, { type, inode }: NamespaceKey): Process[] =>
  processes.filter(process => process.namespaces[type] === inode);

/**
 * Opens a namespace by one of its processes or mounts, and makes sure that it is still the one meant.
 * @throws Refusal `gone` when none of them leads to it any more
 */
export function openNamespace({ type, inode, holders }: Namespace, members: readonly Process[]): number {
  const paths = [
    ...members.slice(0, 8).map(process => `/proc/${process.pid}/ns/${type}`),
    ...holders.mounts.flatMap(each => (each.mnt === undefined ? [each.path] : [])),
  ];
  for (const path of paths) {
    const fd = tryOpen(path);
    if (fd === undefined) continue;
    if (inodeOf(fd) === inode) return fd;
    closeSync(fd);
  }
  throw new Refusal('gone', `${type}:[${inode}] cannot be reached: no process is in it and nothing mounts it.`, {
    subject: `${type}:[${inode}]`,
  });
}

/** A process that ended, or whose namespaces may not be seen, is not the one to go by. */
function tryOpen(path: string): number | undefined {
  try {
    return openNamespaceFile(path);
  } catch {
    return undefined;
  }
}
