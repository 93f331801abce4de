// What another process has open, as a descriptor of our own. Opening it by its path in /proc would open
// whatever is there by then once more, a device too; this takes exactly what is open.
import { closeSync } from 'node:fs';
import { SIOCGSKNS } from './flags.ts';
import { sys } from './libc.ts';

/** pidfd_getfd(2), Linux 5.6. @throws SysError ESRCH, EBADF when it was closed, EPERM */
export function openDescriptor(pid: number, fd: number): number {
  const subject = `descriptor ${fd} of process ${pid}`;
  const pidfd = sys('pidfd_open', subject, pid, 0);
  try {
    return sys('pidfd_getfd', subject, pidfd, fd, 0);
  } finally {
    closeSync(pidfd);
  }
}

/** The network namespace in which another process' socket was made. @throws SysError ENOTTY when it is no socket */
export function openSocketNamespace(pid: number, fd: number): number {
  const socket = openDescriptor(pid, fd);
  try {
    return sys('ioctl', `descriptor ${fd} of process ${pid}`, socket, SIOCGSKNS, 'int', 0);
  } finally {
    closeSync(socket);
  }
}
