import { closeSync, constants } from 'node:fs';
import { Socket } from 'node:net';
import { pid } from 'node:process';
import { descriptorOf } from '../code/own-code.ts';
import { reaper } from '../stage/reaper.ts';
import { AF_UNIX, O_CLOEXEC, SOCK_CLOEXEC, SOCK_SEQPACKET } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { recordEvent } from '../sys/log.ts';
import { spawn } from '../sys/spawn.ts';

export interface Started {
  /** A socket of packets, which libuv does not know: orders and their descriptors. The relay ends when it is closed. */
  readonly orders: number;
  /** What it reports; closes when it has ended. */
  readonly reports: Socket;
}

/** @throws SysError when the kernel gives no descriptor or no process: EMFILE, EAGAIN */
export function startRelay(): Started {
  const subject = 'the relay of terminals';
  const [ours, theirs] = pairOf(ends => sys('socketpair', subject, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  const given = [theirs];
  try {
    // It must not wait for a helper that is busy.
    const [read, write] = pairOf(ends => sys('pipe2', subject, ends, O_CLOEXEC | constants.O_NONBLOCK));
    given.push(write);
    const reports = new Socket({ fd: read, readable: true, writable: false });
    reaper.track(spawn(`/proc/${pid}/fd/${descriptorOf('relay')}`, 'burrow-relay', given), ending =>
      recordEvent('relay ended', { ...ending }),
    );
    return { orders: ours, reports };
  } catch (error) {
    closeSync(ours);
    throw error;
  } finally {
    for (const fd of given) closeSync(fd);
  }
}

function pairOf(make: (ends: Buffer) => number): [number, number] {
  const ends = Buffer.alloc(8);
  make(ends);
  return [ends.readInt32LE(0), ends.readInt32LE(4)];
}
