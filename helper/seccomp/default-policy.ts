// What a sandbox's processes may not ask the kernel for unless its definition says otherwise.
import { constants } from 'node:os';
import { TIOCLINUX, TIOCSTI } from '../sys/flags.ts';
import { Policy, type PolicyInput } from './policy.ts';

/** sys/socket.h, vsock(7). */
const AF_VSOCK = 40;
/** The kernel takes an int here and drops the upper half of the register: comparing it would be a way around (CVE-2019-10063). */
const INT = 0xffff_ffff;

const { EPERM, ENOSYS, EAFNOSUPPORT } = constants.errno;

/**
 * A list of what is denied, not of what is allowed: a sandbox is where people try namespaces out, and
 * unshare, setns, mount and pivot_root in it are checked by the kernel against its own user namespace.
 * Denied is what no namespace holds, so that it reaches the machine, and what has no use inside that would be worth
 * the kernel code it opens to an untrusted program. EPERM says "not you", which programs expect of a
 * container; ENOSYS says "not here" where that makes them take another way.
 */
const source: PolicyInput = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    {
      comment: 'Code in the kernel, or another kernel: there is one for all sandboxes.',
      names: [
        'init_module',
        'finit_module',
        'delete_module',
        'create_module',
        'query_module',
        'get_kernel_syms',
        'kexec_load',
        'kexec_file_load',
      ],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: 'Programs and probes that run inside the kernel, and counters that see what other processes do.',
      names: ['bpf', 'perf_event_open', 'lookup_dcookie'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: 'Stops the kernel in the middle of a copy for as long as the program likes, which most attacks on races in it are built on.',
      names: ['userfaultfd'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: 'The kernel does what is in the ring without asking this filter; libraries take epoll where it is missing.',
      names: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: ENOSYS,
    },
    {
      comment: 'Keyrings are in no namespace: those of a uid are shared by all its processes, inside and outside.',
      names: ['add_key', 'request_key', 'keyctl'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: 'Opens any file of a file system by its number, past the root directory and the modes on the way.',
      names: ['open_by_handle_at'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: "The machine's clock; a time namespace holds only the monotonic ones.",
      names: ['settimeofday', 'clock_settime', 'adjtimex', 'clock_adjtime'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: "The machine's power, swap, ports, process accounting, quotas and log.",
      names: ['reboot', 'swapon', 'swapoff', 'iopl', 'ioperm', 'acct', 'quotactl', 'quotactl_fd', 'syslog'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
    },
    {
      comment: 'Of old kernels: what still calls them has another way since they are gone.',
      names: ['nfsservctl', 'uselib', '_sysctl', 'sysfs', 'ustat', 'vserver', 'afs_syscall', 'remap_file_pages'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: ENOSYS,
    },
    {
      comment: 'Types into a terminal as if its user did, and so into the shell outside (CVE-2017-5226).',
      names: ['ioctl'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
      args: [{ index: 1, op: 'SCMP_CMP_MASKED_EQ', value: INT, valueTwo: TIOCSTI }],
    },
    {
      comment: 'Pastes into a console what is selected on it, to the same end (CVE-2023-28100).',
      names: ['ioctl'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EPERM,
      args: [{ index: 1, op: 'SCMP_CMP_MASKED_EQ', value: INT, valueTwo: TIOCLINUX }],
    },
    {
      comment: 'Reaches the hypervisor, or the other machines that it runs, through no network namespace.',
      names: ['socket'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EAFNOSUPPORT,
      args: [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: INT, valueTwo: AF_VSOCK }],
    },
  ],
};

export const defaultPolicy: Policy = Policy.parse(source);
