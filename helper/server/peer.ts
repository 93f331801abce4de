// Who is at the other end of a connection: only what the kernel says, as numbers, from the moment at
// which the connection was made.
import { closeSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { descriptorOf } from '../sys/descriptor-of.ts';
import { SysError } from '../sys/errors.ts';
import { SO_PEERCRED, SO_PEERGROUPS, SO_PEERPIDFD, SOL_SOCKET } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

const USUAL_GROUPS = 64;
/** limits.h */
const NGROUPS_MAX = 65_536;

export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** False for a process in another user namespace than the helper's: inside a sandbox or a container. */
  readonly isHost: boolean;
}

/** @throws Error when the kernel does not tell, which is a refusal */
export function peerOf(socket: Socket): Peer {
  const fd = descriptorOf(socket);
  const credentials = option(fd, SO_PEERCRED, 12); // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
  const groups = groupsOf(fd);
  const pid = credentials.readInt32LE(0);
  return {
    pid,
    uid: credentials.readUInt32LE(4),
    gid: credentials.readUInt32LE(8),
    groups: Array.from({ length: groups.length / 4 }, (_, index) => groups.readUInt32LE(index * 4)),
    isHost: isInOwnUserNamespace(fd, pid),
  };
}

/** Room for all that a process may have takes longer to make than all the rest here; nobody has them. */
function groupsOf(fd: number): Buffer {
  try {
    return option(fd, SO_PEERGROUPS, 4 * USUAL_GROUPS);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'ERANGE')) throw error;
    return option(fd, SO_PEERGROUPS, 4 * NGROUPS_MAX);
  }
}

function option(fd: number, name: number, bytes: number): Buffer {
  const value = Buffer.alloc(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes);
  sys('getsockopt', 'the peer', fd, SOL_SOCKET, name, value, length);
  return value.subarray(0, length.readUInt32LE());
}

/** The pidfd keeps the pid from being another's while its namespace is read. */
function isInOwnUserNamespace(fd: number, pid: number): boolean {
  let pidfd: number | undefined;
  try {
    pidfd = option(fd, SO_PEERPIDFD, 4).readInt32LE();
  } catch (error) {
    // ENOPROTOOPT: before Linux 6.5 the pid has to do.
    if (!(error instanceof SysError && error.errno === 'ENOPROTOOPT')) throw error;
  }
  try {
    const same = readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user');
    if (pidfd !== undefined) sys('pidfd_send_signal', 'the peer', pidfd, 0);
    return same;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}
