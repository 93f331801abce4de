import { sys } from './libc.ts';

const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;

/** Whether the other side of a connection has closed its end for writing, poll(2). Nothing is read for it. */
export function hasHungUp(fd: number): boolean {
  const entry = Buffer.alloc(8); // struct pollfd { int fd; short events, revents }
  entry.writeInt32LE(fd, 0);
  entry.writeInt16LE(POLLRDHUP, 4);
  sys('poll', 'a connection', entry, 1, 0);
  return (entry.readInt16LE(6) & (POLLRDHUP | POLLHUP)) !== 0;
}
