// Numbers of the system calls that a stage program may hold: asm/unistd.h of each architecture.
import { arch } from 'node:process';

// biome-ignore format: a table
const x64 = {
  close: 3, ioctl: 16, getpid: 39, execve: 59, fcntl: 72, chdir: 80, fchdir: 81, umask: 95, setsid: 112, setgroups: 116,
  setresuid: 117, setresgid: 119, setfsuid: 122, setfsgid: 123, pivot_root: 155, prctl: 157, chroot: 161, mount: 165, umount2: 166, sethostname: 170, keyctl: 250, openat: 257,
  mkdirat: 258, mknodat: 259, symlinkat: 266, unshare: 272, dup3: 292, write: 1, setns: 308, open_tree: 428, move_mount: 429, close_range: 436,
  mount_setattr: 442, openat2: 437, fchownat: 260, fchmodat: 268, setdomainname: 171,
  capset: 126, prlimit64: 302, seccomp: 317, socket: 41, fsopen: 430, read: 0, waitid: 247, ptrace: 101,
} as const;

export type SyscallName = keyof typeof x64;

// biome-ignore format: a table
const arm64: Readonly<Record<SyscallName, number>> = {
  close: 57, ioctl: 29, getpid: 172, execve: 221, fcntl: 25, chdir: 49, fchdir: 50, umask: 166, setsid: 157, setgroups: 159,
  setresuid: 147, setresgid: 149, setfsuid: 151, setfsgid: 152, pivot_root: 41, prctl: 167, chroot: 51, mount: 40, umount2: 39, sethostname: 161, keyctl: 219, openat: 56,
  mkdirat: 34, mknodat: 33, symlinkat: 36, unshare: 97, dup3: 24, write: 64, setns: 268, open_tree: 428, move_mount: 429, close_range: 436,
  mount_setattr: 442, openat2: 437, fchownat: 54, fchmodat: 53, setdomainname: 162,
  capset: 91, prlimit64: 261, seccomp: 277, socket: 198, fsopen: 430, read: 63, waitid: 95, ptrace: 117,
};

export const syscallNumber: Readonly<Record<SyscallName, number>> = arch === 'arm64' ? arm64 : x64;
