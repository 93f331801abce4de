// The process connector: the kernel tells who starts, executes, changes its ids or its name, and ends
// (linux/cn_proc.h). It says nothing of unshare(2) and setns(2).
import { closeSync } from 'node:fs';
import { SysError } from '../sys/errors.ts';
import { SO_RCVBUFFORCE, SOL_SOCKET } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { isNamespace, openNamespaceFile, visit } from '../sys/namespaces.ts';
import { readNamespace } from '../sys/procfs.ts';
import { type EventKind, eventKinds, readEvents } from '../walker/walker.ts';

const AF_NETLINK = 16;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const NETLINK_CONNECTOR = 11;
const CN_IDX_PROC = 1;
const PROC_CN_MCAST_LISTEN = 1;
const NLMSG_DONE = 3;
/** Room for what comes between two looks when ten thousand processes start in a second; memory only while it is used. */
const BUFFER_BYTES = 32 << 20;

/** What happened since the last look. */
export interface Happened {
  /** Processes that may be in other namespaces than before, or new. */
  readonly started: ReadonlySet<number>;
  /** Of those or others, whose name, command or ids may be different. */
  readonly changed: ReadonlySet<number>;
  readonly ended: ReadonlySet<number>;
  /** How many messages the kernel sent. */
  readonly count: number;
  /** Some were lost: everything has to be read again. */
  readonly isIncomplete: boolean;
}

export class ProcEvents {
  readonly #fd: number;

  /** @throws SysError where the kernel has no connector for this process: EPERM, EPROTONOSUPPORT, ECONNREFUSED */
  constructor() {
    this.#fd = openConnector();
    try {
      sys('setsockopt', 'the process connector', this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, int(BUFFER_BYTES), 4);
      sys('bind', 'the process connector', this.#fd, address(CN_IDX_PROC), 12);
      // To the kernel: nobody else may send to it from now on, and fill its buffer.
      sys('connect', 'the process connector', this.#fd, address(0), 12);
      const message = listenMessage();
      sys('send', 'the process connector', this.#fd, message, message.length, 0);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  take(): Happened {
    const happened = { started: new Set<number>(), changed: new Set<number>(), ended: new Set<number>(), count: 0, isIncomplete: false };
    try {
      for (let more = true; more; ) {
        const events = readEvents(this.#fd);
        for (let at = 0; at < events.words.length; at += 2) note(happened, events.words[at] ?? 0, events.words[at + 1] ?? 0);
        happened.count += events.seen;
        more = events.more;
      }
    } catch (error) {
      if (!(error instanceof SysError && error.errno === 'ENOBUFS')) throw error;
      happened.isIncomplete = true;
    }
    return happened;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** What a process did before it ended is of no interest any more, unless its number was given again. */
function note(happened: { started: Set<number>; changed: Set<number>; ended: Set<number> }, what: number, pid: number): void {
  const kind: EventKind | undefined = eventKinds[what as keyof typeof eventKinds];
  if (kind === 'exit') {
    happened.started.delete(pid);
    happened.changed.delete(pid);
    happened.ended.add(pid);
  } else if (kind === 'fork' || kind === 'exec') {
    happened.started.add(pid);
    if (kind === 'exec') happened.changed.add(pid);
  } else if (kind) happened.changed.add(pid);
}

/** The kernel speaks in the network namespace that it booted with only, which is kthreadd's. */
function openConnector(): number {
  const make = (): number => sys('socket', 'the process connector', AF_NETLINK, SOCK_DGRAM_CLOEXEC, NETLINK_CONNECTOR);
  const initial = openNamespaceFile('/proc/2/ns/net');
  try {
    return isNamespace(initial, readNamespace('self', 'net')) ? make() : visit('net', initial, 'the initial net', make);
  } finally {
    closeSync(initial);
  }
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** struct sockaddr_nl { u16 family, pad; u32 pid, groups } */
function address(groups: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(AF_NETLINK, 0);
  bytes.writeUInt32LE(groups, 8);
  return bytes;
}

/** struct nlmsghdr, struct cn_msg, enum proc_cn_mcast_op */
function listenMessage(): Buffer {
  const bytes = Buffer.alloc(16 + 20 + 4);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(NLMSG_DONE, 4);
  bytes.writeUInt32LE(CN_IDX_PROC, 16); // cb_id.idx
  bytes.writeUInt32LE(1, 20); // cb_id.val: CN_VAL_PROC
  bytes.writeUInt16LE(4, 32); // len
  bytes.writeUInt32LE(PROC_CN_MCAST_LISTEN, 36);
  return bytes;
}
