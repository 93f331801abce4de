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
