// The only import of koffi: every call into the C library is in this table, and every failure leaves
// with its errno, read on the very next line because any other work may change it.
import koffi from 'koffi';
import { SysError } from './errors.ts';
import { MSG_DONTWAIT, MSG_NOSIGNAL, SCM_RIGHTS, SOL_SOCKET } from './flags.ts';
import { syscallNumber } from './syscalls.ts';

interface Libc {
  setns(fd: number, nstype: number): number;
  /** Fourth: the type and value of the argument that `ioctl` takes by its prototype `...`. */
  ioctl(fd: number, request: number, type: 'int' | 'void *', argument: number | Buffer): number;
  socket(domain: number, type: number, protocol: number): number;
  send(fd: number, data: Buffer, bytes: number, flags: number): number;
  /** Fills in the sender's address, and its length in the last one. */
  recvfrom(fd: number, into: Buffer, bytes: number, flags: number, address: Buffer, addressBytes: Buffer): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, bytes: Buffer): number;
  /** Fills in an int and a struct rusage. */
  /** Ends this process now, and waits for none of its threads. */
  _exit(status: number): number;
  wait4(pid: number, status: Buffer, options: number, usage: Buffer): number;
  /** Which child has ended, into a siginfo_t, without collecting it. */
  waitid(kind: number, pid: number, information: Buffer, options: number): number;
  flock(fd: number, operation: number): number;
  fallocate(fd: number, mode: number, from: number, bytes: number): number;
  memfd_create(name: string, flags: number): number;
  /** Fills in two ints: the end to read from, the end to write to. */
  pipe2(ends: Buffer, flags: number): number;
  fcntl(fd: number, command: number, type: 'int', argument: number): number;
  fstatfs(fd: number, into: Buffer): number;
  poll(entries: Buffer, count: number, timeoutMs: number): number;
  pidfd_open(pid: number, flags: number): number;
  pidfd_send_signal(pidfd: number, signal: number): number;
  pidfd_getfd(pidfd: number, fd: number, flags: number): number;
  readlinkat(directory: number, path: string, into: Buffer, bytes: number): number;
  openat2(directory: number, path: string | Buffer, how: Buffer, bytes: number): number;
  open_by_handle_at(mount: number, handle: Buffer, flags: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, bytes: number): number;
  bind(fd: number, address: Buffer, bytes: number): number;
  connect(fd: number, address: Buffer, bytes: number): number;
  statmount(request: Buffer, answer: Buffer, bytes: number, flags: number): number;
  listns(request: Buffer, ids: Buffer, count: number, flags: number): number;
  unshare(flags: number): number;
  mount(source: string | null, target: string, type: string | null, flags: number, data: string | null): number;
  umount2(target: string, flags: number): number;
  open_tree(directory: number, path: string, flags: number): number;
  mount_setattr(directory: number, path: string, flags: number, attributes: Buffer, bytes: number): number;
  fsopen(fileSystem: string, flags: number): number;
  fsconfig(context: number, command: number): number;
  fsmount(context: number, flags: number, attributes: number): number;
  close_range(first: number, last: number, flags: number): number;
  /** Fills in two ints: both ends read and write. */
  socketpair(domain: number, type: number, protocol: number, ends: Buffer): number;
  posix_spawn(
    pid: Buffer,
    path: string,
    actions: Buffer,
    attributes: Buffer,
    words: readonly (string | null)[],
    environment: readonly (string | null)[],
  ): number;
  posix_spawn_file_actions_init(actions: Buffer): number;
  posix_spawn_file_actions_adddup2(actions: Buffer, from: number, to: number): number;
  posix_spawn_file_actions_destroy(actions: Buffer): number;
  posix_spawnattr_init(attributes: Buffer): number;
  posix_spawnattr_setflags(attributes: Buffer, flags: number): number;
  posix_spawnattr_setsigdefault(attributes: Buffer, signals: Buffer): number;
  posix_spawnattr_setsigmask(attributes: Buffer, signals: Buffer): number;
  /** These three are of the calling thread alone; the last two return what was there before. */
  setgroups(count: number, groups: Buffer): number;
  setfsuid(uid: number): number;
  setfsgid(gid: number): number;
  fgetxattr(fd: number, name: string, into: Buffer, bytes: number): number;
}

const prototypes: Readonly<Record<keyof Libc, string | readonly [number, string]>> = {
  setns: 'int setns(int fd, int nstype)',
  ioctl: 'int ioctl(int fd, unsigned long request, ...)',
  socket: 'int socket(int domain, int type, int protocol)',
  send: 'long send(int fd, void *data, size_t bytes, int flags)',
  recvfrom: 'long recvfrom(int fd, void *into, size_t bytes, int flags, void *address, void *addressBytes)',
  getsockopt: 'int getsockopt(int fd, int level, int name, void *value, void *bytes)',
  _exit: 'void _exit(int status)',
  wait4: 'int wait4(int pid, void *status, int options, void *usage)',
  waitid: 'int waitid(int kind, unsigned int pid, void *information, int options)',
  flock: 'int flock(int fd, int operation)',
  fallocate: 'int fallocate(int fd, int mode, long from, long bytes)',
  memfd_create: 'int memfd_create(const char *name, unsigned int flags)',
  pipe2: 'int pipe2(void *ends, int flags)',
  fcntl: 'int fcntl(int fd, int command, ...)',
  fstatfs: 'int fstatfs64(int fd, void *into)',
  readlinkat: 'long readlinkat(int directory, const char *path, void *into, size_t bytes)',
  poll: 'int poll(void *entries, unsigned long count, int timeoutMs)',
  // glibc 2.36 is the first with these by name; older hosts have them by number, the same on x86-64 and arm64.
  pidfd_open: [434, 'int pid, uint32_t flags'],
  pidfd_send_signal: [424, 'int pidfd, int signal, void *info, uint32_t flags'],
  pidfd_getfd: [438, 'int pidfd, int fd, uint32_t flags'],
  openat2: [437, 'int directory, const char *path, void *how, size_t bytes'],
  open_by_handle_at: 'int open_by_handle_at(int mount, void *handle, int flags)',
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, unsigned int bytes)',
  bind: 'int bind(int fd, void *address, unsigned int bytes)',
  connect: 'int connect(int fd, void *address, unsigned int bytes)',
  statmount: [457, 'void *request, void *answer, size_t bytes, uint32_t flags'],
  listns: [470, 'void *request, void *ids, size_t count, uint32_t flags'],
  unshare: 'int unshare(int flags)',
  mount: 'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  umount2: 'int umount2(const char *target, int flags)',
  open_tree: [428, 'int directory, const char *path, uint32_t flags'],
  mount_setattr: [442, 'int directory, const char *path, uint32_t flags, void *attributes, size_t bytes'],
  fsopen: [430, 'const char *fileSystem, uint32_t flags'],
  fsconfig: [431, 'int context, uint32_t command, void *key, void *value, int more'],
  fsmount: [432, 'int context, uint32_t flags, uint32_t attributes'],
  close_range: [436, 'unsigned int first, unsigned int last, unsigned int flags'],
  socketpair: 'int socketpair(int domain, int type, int protocol, void *ends)',
  posix_spawn:
    'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, const char **words, const char **environment)',
  posix_spawn_file_actions_init: 'int posix_spawn_file_actions_init(void *actions)',
  posix_spawn_file_actions_adddup2: 'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
  posix_spawn_file_actions_destroy: 'int posix_spawn_file_actions_destroy(void *actions)',
  posix_spawnattr_init: 'int posix_spawnattr_init(void *attributes)',
  posix_spawnattr_setflags: 'int posix_spawnattr_setflags(void *attributes, short flags)',
  posix_spawnattr_setsigdefault: 'int posix_spawnattr_setsigdefault(void *attributes, void *signals)',
  posix_spawnattr_setsigmask: 'int posix_spawnattr_setsigmask(void *attributes, void *signals)',
  // By number: the C library's own setgroups changes every thread, as nptl(7) says.
  setgroups: [syscallNumber.setgroups, 'size_t count, void *groups'],
  setfsuid: [syscallNumber.setfsuid, 'uint32_t uid'],
  setfsgid: [syscallNumber.setfsgid, 'uint32_t gid'],
  fgetxattr: 'long fgetxattr(int fd, const char *name, void *into, size_t bytes)',
};

export type Native = (...args: readonly unknown[]) => unknown;

const library = koffi.load(null);

function bind([name, prototype]: [string, string | readonly [number, string]]): [string, Native] {
  if (typeof prototype === 'string') return [name, library.func(prototype) as Native];
  const [number, parameters] = prototype;
  const defaults = parameters.split(',').map(parameter => (parameter.includes('*') ? null : 0));
  const call = library.func(`long syscall(long number, ${parameters})`) as Native;
  return [name, (...args) => call(number, ...args, ...defaults.slice(args.length))];
}

const functions = new Map(Object.entries(prototypes).map(bind));

/**
 * Calls the C library on this thread.
 * @param subject what the call is about, for the error
 * @throws SysError when the call returns -1; those of posix_spawn(3) return the errno itself
 */
export function sys<K extends keyof Libc>(name: K, subject: string, ...args: Parameters<Libc[K]>): number {
  const result = Number(functions.get(name)?.(...args));
  if (result === -1) throw new SysError(name, koffi.errno(), subject);
  if (result !== 0 && name.startsWith('posix_spawn')) throw new SysError(name, result, subject);
  return result;
}

/** The functions of a shared object of Burrow's own, by their C prototypes. They fail by what they return, not by errno. */
export const loadLibrary = <K extends string>(path: string, prototypes: Readonly<Record<K, string>>): Readonly<Record<K, Native>> => {
  const library = koffi.load(path);
  return Object.fromEntries(
    Object.entries<string>(prototypes).map(([name, prototype]) => [name, library.func(prototype) as Native]),
  ) as Record<K, Native>;
};

/** glibc keeps what was freed for later use; musl has no such call and does not. */
function findTrim(): Native | undefined {
  try {
    return library.func('int malloc_trim(size_t pad)') as Native;
  } catch {
    return undefined;
  }
}

const trim = findTrim();

/** Gives memory that is free back to the kernel, malloc_trim(3); after work that needed much for a moment. */
export const giveBackMemory = (): void => {
  trim?.(0);
};

/** struct iovec and struct msghdr, recvmsg(2) */
const Piece = koffi.struct({ at: 'void *', bytes: 'size_t' });
const Packet = koffi.struct({
  name: 'void *',
  nameBytes: 'uint32_t',
  pieces: koffi.pointer(Piece),
  count: 'size_t',
  rights: 'void *',
  rightsBytes: 'size_t',
  flags: 'int',
});
const sendPacket = library.func('sendmsg', 'long', ['int', koffi.pointer(Packet), 'int']);

/** struct cmsghdr without its descriptors. */
const RIGHTS_BYTES = 16;
/** SCM_MAX_FD of Linux: how many descriptors one message takes. */
export const MAX_RIGHTS = 253;

/** struct cmsghdr and its descriptors, with what CMSG_SPACE adds. */
function rightsOf(descriptors: readonly number[]): Buffer {
  const bytes = RIGHTS_BYTES + descriptors.length * 4;
  const rights = Buffer.alloc((bytes + 7) & ~7);
  rights.writeUInt32LE(bytes, 0);
  rights.writeInt32LE(SOL_SOCKET, 8);
  rights.writeInt32LE(SCM_RIGHTS, 12);
  descriptors.forEach((fd, index) => {
    rights.writeInt32LE(fd, RIGHTS_BYTES + index * 4);
  });
  return rights;
}

/**
 * Sends a message, and with it descriptors of which the other side gets its own, unix(7). Never waits.
 * @returns how much of it was sent, which of a stream may be a part
 * @throws SysError EAGAIN when there is no room now; EPIPE, ECONNRESET, ECONNREFUSED when nobody is there
 */
export function sendWith(socket: number, message: Buffer, descriptors: readonly number[], subject: string): number {
  const rights = descriptors.length > 0 ? rightsOf(descriptors) : null;
  const packet = {
    name: null,
    nameBytes: 0,
    pieces: { at: message, bytes: message.length },
    count: 1,
    rights,
    rightsBytes: rights?.length ?? 0,
    flags: 0,
  };
  const sent = Number(sendPacket(socket, packet, MSG_DONTWAIT | MSG_NOSIGNAL));
  if (sent === -1) throw new SysError('sendmsg', koffi.errno(), subject);
  return sent;
}

const sendOnPool = library.func(prototypes.send as string);

/**
 * send(2) on one of the four threads of libuv's pool, for what the kernel takes its time over.
 * @throws SysError
 */
export function sendInBackground(fd: number, data: Buffer, subject: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sendOnPool.async(fd, data, data.length, 0, (error: Error | null, sent: number) => {
      if (error) reject(error);
      else if (sent === -1) reject(new SysError('send', koffi.errno(), subject));
      else resolve();
    });
  });
}
