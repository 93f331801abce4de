// What walk.c reads, as types. Records stay where C wrote them: at 10,000 processes an object for each
// would cost more than reading them.
import { pathOf } from '../code/own-code.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { SysError } from '../sys/errors.ts';
import { loadLibrary } from '../sys/libc.ts';
import { RECORD_WORDS, Sighting } from './sighting.ts';

/** walk.c counts the types in the order of the model. */
const kinds: readonly NamespaceType[] = namespaceTypes;

/** struct descriptor, and the kind that stands for a socket. */
const DESCRIPTOR_WORDS = 4;
const SOCKET_KIND = 64;
/** What one call of walk_numbers may bring at once, as walk.c demands. */
const NUMBERS = 4 * Math.ceil(32_768 / 24);
const MOUNTS_AT_ONCE = 512;

const walk = loadLibrary(pathOf('walk.so'), {
  walk_processes: 'long walk_processes(void *pids, uint32_t count, void *out)',
  walk_numbers: 'long walk_numbers(const char *path, void *cursor, void *out, uint32_t capacity)',
  walk_thread_counts: 'long walk_thread_counts(void *pids, uint32_t count, void *out)',
  walk_threads: 'long walk_threads(uint32_t pid, void *tids, uint32_t count, void *out)',
  walk_descriptors: 'long walk_descriptors(uint32_t pid, void *fds, uint32_t count, void *out)',
  walk_socket: 'long walk_socket(uint32_t pid, uint32_t fd, uint64_t inode)',
  walk_relations: 'void walk_relations(long fd, uint32_t kind, void *out)',
  walk_relations_of: 'void walk_relations_of(uint32_t pid, uint32_t kind, uint32_t inode, void *out)',
  walk_mounts: 'long walk_mounts(uint64_t space, void *after, void *out, void *found)',
  walk_events: 'long walk_events(uint32_t fd, void *out, uint32_t capacity, void *seen)',
});

function checked(result: unknown, call: string, subject: string): number {
  const value = Number(result);
  if (value < 0) throw new SysError(call, -value, subject);
  return value;
}

const cursor = new BigUint64Array(1);
const numbers = new Uint32Array(NUMBERS);

/**
 * The numbers that name entries of a directory of /proc, in parts: a process may have a million descriptors.
 * @throws SysError ENOENT when the process is gone, EACCES when it is another user's
 */
export function* readNumbers(path: string): Generator<Uint32Array> {
  let position = 0n;
  for (;;) {
    cursor[0] = position;
    const count = checked(walk.walk_numbers(path, cursor, numbers, NUMBERS), 'open', path);
    if (count === 0) return;
    position = cursor[0] ?? 0n;
    yield numbers.slice(0, count);
  }
}

/** How many processes are looked at in one go, before the thread sees to other things. */
export const PROCESSES_AT_ONCE = 512;
const processRecords = new Uint32Array(PROCESSES_AT_ONCE * RECORD_WORDS);

/** @param pids at most {@link PROCESSES_AT_ONCE} */
export function readProcesses(pids: Uint32Array): Sighting {
  checked(walk.walk_processes(pids, pids.length, processRecords), 'open', '/proc');
  return new Sighting(processRecords);
}

export function threadCounts(pids: Uint32Array): Uint32Array {
  const counts = new Uint32Array(pids.length);
  checked(walk.walk_thread_counts(pids, pids.length, counts), 'open', '/proc');
  return counts;
}

const threadRecords = new Uint32Array(NUMBERS * RECORD_WORDS);

/** Those of the threads that are elsewhere than their process. @returns how many, and where they are */
export function readThreads(pid: number, tids: Uint32Array): { count: number; sighting: Sighting } {
  const count = checked(walk.walk_threads(pid, tids, tids.length, threadRecords), 'open', '/proc');
  return { count, sighting: new Sighting(threadRecords) };
}

export interface OpenFile {
  readonly fd: number;
  /** Undefined for a socket. */
  readonly type: NamespaceType | undefined;
  /** Of the namespace, or of the socket. */
  readonly inode: number;
}

const descriptorRecords = new Uint32Array(NUMBERS * DESCRIPTOR_WORDS);

/** Those of the descriptors that are namespaces or sockets. @throws SysError */
export function readDescriptors(pid: number, fds: Uint32Array): OpenFile[] {
  const count = checked(walk.walk_descriptors(pid, fds, fds.length, descriptorRecords), 'open', `the descriptors of process ${pid}`);
  return Array.from({ length: count }, (_, index) => {
    const [fd = 0, kind = 0, low = 0, high = 0] = descriptorRecords.subarray(index * DESCRIPTOR_WORDS, (index + 1) * DESCRIPTOR_WORDS);
    return { fd, type: kind === SOCKET_KIND ? undefined : kinds[kind], inode: high * 2 ** 32 + low };
  });
}

/** The network namespace in which a socket was made. @throws SysError, ESRCH when it is another by now */
export const namespaceOfSocket = (pid: number, fd: number, inode: number): number =>
  checked(walk.walk_socket(pid, fd, inode), 'SIOCGSKNS', `descriptor ${fd} of process ${pid}`);

export interface Relations {
  /** The number that is never given twice; where the kernel has one. */
  readonly id: number | undefined;
  /** Inodes of the owner and of the parent; undefined where there is none, or where the kernel does not tell. */
  readonly owner: number | undefined;
  readonly parent: number | undefined;
  /** Who made it; user namespaces only. */
  readonly ownerUid: number | undefined;
}

const relationWords = new Uint32Array(6);

function relationsRead(type: NamespaceType): Relations {
  const [low = 0, high = 0, owner = 0, parent = 0, ownerUid = 0] = relationWords;
  const id = high * 2 ** 32 + low;
  return {
    id: id || undefined,
    owner: owner || undefined,
    parent: parent || undefined,
    ownerUid: type === 'user' ? ownerUid : undefined,
  };
}

export function relationsOfOpen(fd: number, type: NamespaceType): Relations {
  walk.walk_relations(fd, kinds.indexOf(type), relationWords);
  return relationsRead(type);
}

/** Of a namespace that a process is in. @throws SysError ESRCH when it has left */
export function relationsOfMember(pid: number, type: NamespaceType, inode: number): Relations {
  walk.walk_relations_of(pid, kinds.indexOf(type), inode, relationWords);
  const error = relationWords[5] ?? 0;
  if (error !== 0) throw new SysError('open', error, `${type} of process ${pid}`);
  return relationsRead(type);
}

const after = new BigUint64Array(1);
const mountIds = new BigUint64Array(MOUNTS_AT_ONCE);
const mountsFound = new Uint32Array(1);

/**
 * The mounts of namespaces among the mounts with ids above `last`, in parts (listmount(2), statmount(2)).
 * @throws SysError ENOSYS before Linux 6.8, ENOENT when the mount namespace is gone
 */
export function* readNewMounts(mountNamespaceId: bigint, last: bigint): Generator<{ ids: bigint[]; last: bigint }> {
  after[0] = last;
  for (;;) {
    const seen = checked(
      walk.walk_mounts(mountNamespaceId, after, mountIds, mountsFound),
      'listmount',
      `mount namespace ${mountNamespaceId}`,
    );
    const reached: bigint = after[0] ?? last;
    yield { ids: [...mountIds.subarray(0, mountsFound[0])], last: reached };
    if (seen < MOUNTS_AT_ONCE) return;
    after[0] = reached; // whoever was given this part may have read other mounts meanwhile
  }
}

/** linux/cn_proc.h: what happened. */
export const eventKinds = { 1: 'fork', 2: 'exec', 4: 'ids', 64: 'ids', 128: 'ids', 512: 'name', 2147483648: 'exit' } as const;
export type EventKind = (typeof eventKinds)[keyof typeof eventKinds];

const EVENTS = 8192;
const eventWords = new Uint32Array(EVENTS * 2);
const eventsSeen = new Uint32Array(1);

export interface Events {
  /** Pairs: a number of {@link eventKinds}, a pid. Good until the next call. */
  readonly words: Uint32Array;
  /** How many messages there were. */
  readonly seen: number;
  /** More wait. */
  readonly more: boolean;
}

/** @throws SysError ENOBUFS when events were lost */
export function readEvents(fd: number): Events {
  const count = checked(walk.walk_events(fd, eventWords, EVENTS, eventsSeen), 'recv', 'the process connector');
  return { words: eventWords.subarray(0, count * 2), seen: eventsSeen[0] ?? 0, more: count === EVENTS };
}
