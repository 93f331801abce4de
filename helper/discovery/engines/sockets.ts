// The sockets on which a daemon waits for questions: engines are often started with one in an unusual place.
import { opendirSync, readlinkSync } from 'node:fs';
import { processText } from '../../sys/process-files.ts';

/** More descriptors than this are not looked at. */
const DESCRIPTORS = 4096;
const SOCKETS = 4;

/**
 * Where it listens, as it calls those places itself: also on what systemd opened for it and keeps open when it has ended.
 * Nothing once it has ended; undefined where its descriptors may not be looked at, as another user's.
 */
export function listeningSockets(pid: number): readonly string[] | undefined {
  try {
    const inodes = socketInodes(pid);
    return listeningPaths(processText(pid, 'net/unix'), inodes);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES' ? undefined : [];
  }
}

/** Those of Docker's and Podman's API. Others of theirs are for programs of their own. */
export const apiSockets = (paths: readonly string[]): string[] =>
  paths.filter(path => /\/(?:docker|podman)[^/]*\.sock$/.test(path)).slice(0, SOCKETS);

/** /proc/PID/net/unix, of its network namespace, proc_pid_net(5): the seventh field is the inode, the eighth the path; flag 0x10000 means it listens. */
export function listeningPaths(text: string, inodes: ReadonlySet<string>): string[] {
  return text
    .split('\n')
    .map(line => line.split(/\s+/))
    .filter(([, , , flags, , , inode]) => flags === '00010000' && inode !== undefined && inodes.has(inode))
    .map(fields => fields[7] ?? '')
    .filter(path => path.startsWith('/'));
}

function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  const directory = opendirSync(`/proc/${pid}/fd`);
  try {
    for (let count = 0; count < DESCRIPTORS; count++) {
      const entry = directory.readSync();
      if (!entry) break;
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${entry.name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } finally {
    directory.closeSync();
  }
  return inodes;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in the meantime
  }
}
