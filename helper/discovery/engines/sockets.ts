// The sockets on which a daemon waits for questions: engines are often started with one in an unusual place.
import { opendirSync, readlinkSync } from 'node:fs';
import { processText } from '../../sys/process-files.ts';

/** More descriptors than this are not looked at. */
const DESCRIPTORS = 4096;
const SOCKETS = 4;

/** Those of Docker's and Podman's API. Others of theirs are for programs of their own. */
export function listeningSockets(pid: number): string[] {
  try {
    const inodes = socketInodes(pid);
    return listeningPaths(processText(pid, 'net/unix'), inodes).slice(0, SOCKETS);
  } catch {
    return []; // it has ended, or is another user's
  }
}

/** /proc/PID/net/unix, of its network namespace, proc_pid_net(5): the seventh field is the inode, the eighth the path; flag 0x10000 means it listens. */
export function listeningPaths(text: string, inodes: ReadonlySet<string>): string[] {
  return text
    .split('\n')
    .map(line => line.split(/\s+/))
    .filter(([, , , flags, , , inode]) => flags === '00010000' && inode !== undefined && inodes.has(inode))
    .map(fields => fields[7] ?? '')
    .filter(path => /^\/(?:.*\/)?(?:docker|podman)[^/]*\.sock$/.test(path));
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
