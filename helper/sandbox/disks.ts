import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseMountInfo } from '../sys/procfs.ts';

/** File systems that hold files of a person, as opposed to views of the kernel or things in memory. */
const DISK =
  /^(?:ext[234]|xfs|btrfs|f2fs|bcachefs|zfs|vfat|exfat|ntfs3?|squashfs|erofs|nfs4?|cifs|smb3|9p|virtiofs|overlay|fuse(?:blk)?(?:\..+)?)$/;

/** Below these a sandbox has mounts of its own. */
const OWN = /^\/(?:proc|sys|dev|run|tmp)(?:\/|$)/;

/** Mount points besides `/` that a view of this machine's files should have, the outer before the inner. */
export function disksOf(mountInfo: string): string[] {
  const found = parseMountInfo(mountInfo).filter(({ path, fileSystem }) => path !== '/' && DISK.test(fileSystem) && !OWN.test(path));
  return [...new Set(found.map(({ path }) => path))].sort((a, b) => a.length - b.length);
}

/** Whose the root directory of a disk is, and what they may do there. */
export interface Front {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A disk of a server that does not answer is as good as none. */
const ANSWER_MS = 1000;

/** Those that are being asked. One that never answers holds a thread of libuv's pool, and only one. */
const asked = new Map<string, Promise<Stats | undefined>>();

function statOnce(path: string): Promise<Stats | undefined> {
  const pending = asked.get(path);
  if (pending) return pending;
  const answer = stat(path)
    .catch(() => undefined)
    .finally(() => asked.delete(path));
  asked.set(path, answer);
  return answer;
}

/** Those of the disks whose root directory can be looked at. */
export async function frontsOf(disks: readonly string[]): Promise<Map<string, Front>> {
  const fronts = await Promise.all(
    disks.map(async (path): Promise<[string, Front][]> => {
      const found = await Promise.race([statOnce(path), delay(ANSWER_MS, undefined, { ref: false })]);
      return found ? [[path, { mode: found.mode & 0o7777, uid: found.uid, gid: found.gid }]] : [];
    }),
  );
  return new Map(fronts.flat());
}
