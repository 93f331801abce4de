// Numbers of the kernel's headers, under the headers' names; the same on x86-64 and arm64.
import type { NamespaceType } from '../protocol/model.ts';

/** linux/sched.h: what makes or joins a namespace of each type. */
export const cloneFlag: Readonly<Record<NamespaceType, number>> = {
  time: 0x80,
  mnt: 0x20000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  net: 0x40000000,
};

export const cloneFlagName: Readonly<Record<NamespaceType, string>> = {
  time: 'CLONE_NEWTIME',
  mnt: 'CLONE_NEWNS',
  cgroup: 'CLONE_NEWCGROUP',
  uts: 'CLONE_NEWUTS',
  ipc: 'CLONE_NEWIPC',
  user: 'CLONE_NEWUSER',
  pid: 'CLONE_NEWPID',
  net: 'CLONE_NEWNET',
};

/** This thread gets a root and a working directory of its own, unshare(2). */
export const CLONE_FS = 0x200;

/** sys/mount.h, mount(2). */
export const mountFlags = {
  MS_RDONLY: 1,
  MS_NOSUID: 2,
  MS_NODEV: 4,
  MS_NOEXEC: 8,
  MS_BIND: 4096,
  MS_REC: 16384,
  MS_PRIVATE: 1 << 18,
  MS_SLAVE: 1 << 19,
} as const;

/** linux/mount.h, mount_setattr(2). */
export const MOUNT_ATTR_RDONLY = 1;
export const MOUNT_ATTR_NOSUID = 2;
export const MOUNT_ATTR_NODEV = 4;
export const MOUNT_ATTR_NOEXEC = 8;
/** Since Linux 5.12. */
export const MOUNT_ATTR_IDMAP = 0x100000;
export const OPEN_TREE_CLONE = 1;
export const MOVE_MOUNT_F_EMPTY_PATH = 4;
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_RECURSIVE = 0x8000;
export const AT_EMPTY_PATH = 0x1000;
export const MNT_DETACH = 2;
/** fsconfig(2): makes the file system that was described until then. */
export const FSCONFIG_CMD_CREATE = 6;

/** fcntl(2); the `O_` flags that node:fs constants lack. */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;
export const FD_CLOEXEC = 1;
/** linux/close_range.h: closed by execve(2) and not at once. Since Linux 5.11. */
export const CLOSE_RANGE_CLOEXEC = 4;
/** linux/falloc.h, fallocate(2): takes room beyond the end of a file. */
export const FALLOC_FL_KEEP_SIZE = 1;
export const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE */
export const ALL_SEALS = 15;
export const MFD_CLOEXEC = 1;
export const MFD_ALLOW_SEALING = 2;
/** Since Linux 6.3; older kernels answer EINVAL. */
export const MFD_EXEC = 16;

/** openat2(2). */
export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;
/** Since Linux 5.12. */
export const RESOLVE_CACHED = 0x20;

/** linux/nsfs.h, ioctl_ns(2). */
export const NS_GET_USERNS = 0xb701;
export const NS_GET_PARENT = 0xb702;
export const NS_GET_OWNER_UID = 0xb704;
/** The 64-bit id of a mount namespace, and the next and the one before: a descriptor, and struct mnt_ns_info. Since Linux 6.12. */
export const NS_GET_MNTNS_ID = 0x8008b705;
export const NS_MNT_GET_NEXT = 0x8010b70b;
export const NS_MNT_GET_PREV = 0x8010b70c;

/** linux/sockios.h: the network namespace of a socket, as a descriptor. */
export const SIOCGSKNS = 0x894c;
/** struct ifreq: sets the flags of a link, netdevice(7). */
export const SIOCSIFFLAGS = 0x8914;

/** asm-generic/ioctls.h, ioctl_tty(2). */
export const TIOCSCTTY = 0x540e;
export const TIOCSWINSZ = 0x5414;
export const TIOCSTI = 0x5412;
export const TIOCLINUX = 0x541c;
export const TIOCSPTLCK = 0x40045431;
export const TIOCGPTPEER = 0x5441;

/** linux/magic.h, fstatfs(2). */
export const DEVPTS_SUPER_MAGIC = 0x1cd1;
export const NSFS_MAGIC = 0x6e736673;
export const PROC_SUPER_MAGIC = 0x9fa0;

/** asm-generic/socket.h, unix(7). */
export const SOL_SOCKET = 1;
export const SO_PEERCRED = 17;
export const SO_RCVBUFFORCE = 33;
export const SO_PEERGROUPS = 59;
/** Since Linux 6.5. */
export const SO_PEERPIDFD = 77;
/** linux/socket.h, bits/socket.h. */
export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_SEQPACKET = 5;
export const SOCK_CLOEXEC = 0o2000000;
/** recv(2): the result is how long the datagram is, also where there is less room. */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const SCM_RIGHTS = 1;

/** LOCK_EX | LOCK_NB, flock(2). */
export const LOCK_EX_NB = 6;

/** linux/wait.h, wait(2). */
export const WNOHANG = 1;
export const P_PID = 1;
export const WSTOPPED = 2;
export const __WALL = 0x4000_0000;

/** linux/ptrace.h */
export const PTRACE_SEIZE = 0x4206;
export const PTRACE_INTERRUPT = 0x4207;
export const PTRACE_SECCOMP_GET_FILTER = 0x420c;

export const WEXITED = 4;
export const WNOWAIT = 0x0100_0000;
export const P_ALL = 0;
export const SIGKILL = 9;
export const PR_SET_DUMPABLE = 4;
export const PR_SET_NAME = 15;
export const PR_CAPBSET_DROP = 24;
export const PR_SET_SECUREBITS = 28;
export const SECBIT_NO_SETUID_FIXUP = 4;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_SET_PDEATHSIG = 1;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_SET_KEEPCAPS = 8;
export const PR_CAP_AMBIENT = 47;
export const PR_CAP_AMBIENT_RAISE = 2;

/** linux/capability.h: sets of 64 bits, capset(2). */
export const _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** linux/seccomp.h, seccomp(2); the low 16 bits of SECCOMP_RET_ERRNO are the errno. */
export const SECCOMP_SET_MODE_FILTER = 1;
export const seccompReturn = {
  SECCOMP_RET_KILL_PROCESS: 0x8000_0000,
  SECCOMP_RET_KILL_THREAD: 0,
  SECCOMP_RET_TRAP: 0x0003_0000,
  SECCOMP_RET_ERRNO: 0x0005_0000,
  SECCOMP_RET_USER_NOTIF: 0x7fc0_0000,
  SECCOMP_RET_LOG: 0x7ffc_0000,
  SECCOMP_RET_ALLOW: 0x7fff_0000,
} as const;

/** linux/audit.h: what a filter finds in `arch` of struct seccomp_data. */
export const AUDIT_ARCH_X86_64 = 0xc000_003e;
export const AUDIT_ARCH_AARCH64 = 0xc000_00b7;
/** asm/unistd.h of x86-64: numbers of the x32 ABI have this bit. */
export const __X32_SYSCALL_BIT = 0x4000_0000;

/** linux/bpf_common.h, linux/filter.h: of what the code of an instruction is added up. */
export const bpf = {
  BPF_LD: 0x00,
  BPF_ALU: 0x04,
  BPF_JMP: 0x05,
  BPF_RET: 0x06,
  BPF_W: 0x00,
  BPF_ABS: 0x20,
  BPF_AND: 0x50,
  BPF_JA: 0x00,
  BPF_JEQ: 0x10,
  BPF_JGT: 0x20,
  BPF_JGE: 0x30,
  BPF_K: 0x00,
} as const;
/** The longest classic BPF program that the kernel takes. */
export const BPF_MAXINSNS = 4096;
