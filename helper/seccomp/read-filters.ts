// The filters that a thread is under, as the kernel has them: PTRACE_SECCOMP_GET_FILTER, ptrace(2). There is no way
// without stopping the thread. A process of one thread does it, since tracing is a matter between two threads; it
// ends right after, and with that the kernel lets the thread go on with whatever signal was on its way to it.
import { closeSync, openSync, readSync } from 'node:fs';
import { prelude } from '../stage/calls.ts';
import { type Argument, type Call, flags, type Program } from '../stage/program.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import {
  __WALL,
  MFD_CLOEXEC,
  P_PID,
  PTRACE_INTERRUPT,
  PTRACE_SECCOMP_GET_FILTER,
  PTRACE_SEIZE,
  seccompReturn,
  WEXITED,
  WNOWAIT,
  WSTOPPED,
} from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';

/** struct sock_filter { u16 code; u8 jt, jf; u32 k } */
const INSTRUCTION_BYTES = 8;
/** BPF_MAXINSNS of linux/bpf_common.h. */
const MAX_INSTRUCTIONS = 4096;
const MAX_FILTER_BYTES = MAX_INSTRUCTIONS * INSTRUCTION_BYTES;
/** systemd installs some thirty for a service that is shut in all ways. Thousands, which the kernel takes, would hold the helper up. */
const MAX_FILTERS = 128;

const ZEROS = 'zeros';
const FOUND = 'what was found';

/**
 * Stops the thread for as long as these few calls take; a call in which it waits may end early, with EINTR, as signal(7)
 * says of a stop. The kernel counts filters from the oldest, whatever ptrace(2) says.
 * @param thread its number
 * @param count how many there are, `Seccomp_filters` of /proc/PID/status
 * @param label what it is, as a person calls it
 * @returns the oldest first, each a struct sock_filter[]
 * @throws Refusal `denied` where somebody traces it, `unsupported` where the kernel does not tell or there are too many, `gone`
 */
export function readFilters(thread: number, count: number, label: string): Promise<Buffer[]> {
  const asked = underway.get(thread) ?? read(thread, count, label).finally(() => underway.delete(thread));
  underway.set(thread, asked);
  return asked;
}

/** By thread: no two trace one at a time, so whoever asks meanwhile gets the same answer. */
const underway = new Map<number, Promise<Buffer[]>>();

async function read(thread: number, count: number, label: string): Promise<Buffer[]> {
  if (count > MAX_FILTERS)
    throw new Refusal('unsupported', `${label} is under ${count} seccomp filters; Burrow takes at most ${MAX_FILTERS} over.`, {
      subject: label,
    });
  const [nothing, zeros] = [openSync('/dev/null', 'r+'), openSync('/dev/zero', 'r')];
  const found = sys('memfd_create', FOUND, 'burrow-filters', MFD_CLOEXEC);
  try {
    let gone: () => void = () => undefined;
    const detached = new Promise<void>(resolve => {
      gone = resolve;
    });
    await stage({
      program: reading(thread, count),
      stdio: [nothing, nothing, nothing],
      handles: new Map([
        [ZEROS, zeros],
        [FOUND, found],
      ]),
      onEnd: gone,
    });
    await detached;
    const filters = Array.from({ length: count + 1 }, (_, index) => filterAt(found, index));
    if (filters.pop()?.length !== 0)
      throw new Refusal('gone', `${label} has come under another filter meanwhile.`, { hint: 'Try it again.' });
    return filters;
  } catch (error) {
    throw error instanceof StageFailed ? explained(error, label) : error;
  } finally {
    for (const fd of [nothing, zeros, found]) closeSync(fd);
  }
}

const waiting = { WSTOPPED, WEXITED, WNOWAIT, __WALL } as const;

const ptrace = (name: string, request: number, ...rest: readonly Argument[]): Call => ({
  call: 'ptrace',
  arguments: [{ text: name, value: request }, ...rest],
});

/** Each filter with nothing but zeros behind it. One more is asked for, which nobody has unless a filter was added meanwhile. */
function reading(thread: number, count: number): Program {
  const room = { bytes: Buffer.alloc(MAX_FILTER_BYTES), text: '{filter}' };
  const one = (index: number): Call[] => [
    { call: 'read', arguments: [{ handle: ZEROS }, room, MAX_FILTER_BYTES] },
    {
      ...ptrace('PTRACE_SECCOMP_GET_FILTER', PTRACE_SECCOMP_GET_FILTER, thread, index, room),
      ...(index === count && { tolerate: ['ENOENT'] }),
    },
    { call: 'write', arguments: [{ handle: FOUND }, room, MAX_FILTER_BYTES] },
  ];
  return [
    ...prelude,
    // A child is waited for until it is no more, and with it the hold that it has on the thread.
    { do: 'fork' },
    { do: 'sync', until: 'notes its pid' },
    ptrace('PTRACE_SEIZE', PTRACE_SEIZE, thread, 0, 0),
    ptrace('PTRACE_INTERRUPT', PTRACE_INTERRUPT, thread, 0, 0),
    // With WNOWAIT, as what is waited for otherwise loses the signal that it was about to get.
    {
      call: 'waitid',
      arguments: [{ text: 'P_PID', value: P_PID }, thread, null, flags(waiting, 'WSTOPPED', 'WEXITED', 'WNOWAIT', '__WALL'), null],
    },
    ...Array.from({ length: count + 1 }, (_, index) => one(index)).flat(),
  ];
}

/** A filter ends with a return, whose code is not 0: the zeros behind it are not its own. */
function filterAt(found: number, index: number): Buffer {
  const room = Buffer.alloc(MAX_FILTER_BYTES);
  readSync(found, room, 0, room.length, index * room.length);
  const codes = new Uint16Array(room.buffer, room.byteOffset, room.length / Uint16Array.BYTES_PER_ELEMENT);
  const step = INSTRUCTION_BYTES / Uint16Array.BYTES_PER_ELEMENT;
  let count = MAX_INSTRUCTIONS;
  while (count > 0 && codes[(count - 1) * step] === 0) count--;
  return room.subarray(0, count * INSTRUCTION_BYTES);
}

function explained({ syscall, errno }: StageFailed, label: string): Refusal {
  const behind = { syscall, errno, subject: label };
  if (errno === 'ESRCH' || errno === 'ECHILD') return new Refusal('gone', `${label} ended a moment ago.`, behind);
  if (errno === 'EPERM')
    return new Refusal(
      'denied',
      `The seccomp filter of ${label} cannot be read: it is traced already, or this machine lets nobody trace it.`,
      {
        ...behind,
        hint: 'Let its debugger go, or see kernel.yama.ptrace_scope.',
      },
    );
  return new Refusal('unsupported', `The seccomp filter of ${label} cannot be read: this kernel does not tell it.`, {
    ...behind,
    hint: 'It needs CONFIG_CHECKPOINT_RESTORE, and a helper that is under no filter itself.',
  });
}

/** BPF_RET with a constant, linux/bpf_common.h. */
const RETURN_CONSTANT = 0x06;
/** SECCOMP_RET_ACTION_FULL of linux/seccomp.h, without its sign. */
const ACTION = 0xffff_0000;

/** Whether it hands system calls to a supervisor, seccomp_unotify(2). A copy has none, and the kernel then answers ENOSYS. */
export function hasSupervisor(filter: Uint8Array): boolean {
  const code = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  for (let at = 0; at < filter.length; at += INSTRUCTION_BYTES) {
    const isAnswer = code.getUint16(at, true) === RETURN_CONSTANT;
    if (isAnswer && (code.getUint32(at + 4, true) & ACTION) >>> 0 === seccompReturn.SECCOMP_RET_USER_NOTIF) return true;
  }
  return false;
}
