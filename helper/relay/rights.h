/* What the relay gives up before it reads a byte that others wrote: all but the few calls that it makes. */
#pragma once

#include <asm/ioctls.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "../sys/syscall.h"

enum { NOBODY = 65534 };

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Offsets in struct seccomp_data; the low half of an argument comes first on both. */
enum { DATA_NUMBER = 0, DATA_ARCH = 4, DATA_SECOND_ARGUMENT = 24, DATA_THIRD_ARGUMENT = 32 };

#define LOAD(offset) { BPF_LD | BPF_W | BPF_ABS, 0, 0, offset }
#define RETURN(what) { BPF_RET | BPF_K, 0, 0, what }
#define UNLESS(value, skip) { BPF_JMP | BPF_JEQ | BPF_K, 0, skip, value }
#define ALLOW(name) UNLESS(__NR_##name, 1), RETURN(SECCOMP_RET_ALLOW)

/* A number of the x32 ABI has a bit more, and is none of these. */
static struct sock_filter calls[] = {
	LOAD(DATA_ARCH),
	UNLESS(ARCH, 1),
	LOAD(DATA_NUMBER),
	ALLOW(epoll_pwait2),
	ALLOW(read),
	ALLOW(write),
	ALLOW(sendmsg),
	ALLOW(recvmsg),
	ALLOW(recvfrom),
	ALLOW(epoll_ctl),
	ALLOW(clock_gettime),
	ALLOW(shutdown),
	ALLOW(close),
	ALLOW(fcntl),
	ALLOW(munmap),
	ALLOW(exit_group),
	/* How much there is to read, and nothing else that a device can do. */
	UNLESS(__NR_ioctl, 4),
	LOAD(DATA_SECOND_ARGUMENT),
	UNLESS(TIOCINQ, 1),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	/* Memory for a terminal, never for code. */
	UNLESS(__NR_mmap, 3),
	LOAD(DATA_THIRD_ARGUMENT),
	UNLESS(PROT_READ | PROT_WRITE, 1),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

static long control(long option, u64 argument)
{
	return raw(__NR_prctl, (u64)option, argument, 0, 0, 0, 0);
}

static void become_nobody(void)
{
	if (raw(__NR_geteuid, 0, 0, 0, 0, 0, 0) != 0)
		return;
	/* Root of a user namespace may have no such id there (EINVAL); what follows leaves him nothing either. */
	raw(__NR_setgroups, 0, 0, 0, 0, 0, 0);
	raw(__NR_setresgid, NOBODY, NOBODY, NOBODY, 0, 0, 0);
	raw(__NR_setresuid, NOBODY, NOBODY, NOBODY, 0, 0, 0);
}

/* @return whether nothing is left */
static int give_up_rights(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct sock_fprog filter = { sizeof calls / sizeof *calls, calls };

	control(PR_SET_NAME, (u64) "burrow-relay");
	/* Neighbouring terminals would share huge pages, of which each uses little. */
	control(PR_SET_THP_DISABLE, 1);
	/* While they are there to be given up; without them EPERM ends it, and after the last one EINVAL. */
	for (u64 each = 0; control(PR_CAPBSET_DROP, each) == 0; each++)
		;
	become_nobody();
	/* A change of the user takes these two back, so they come after it. */
	return control(PR_SET_DUMPABLE, 0) == 0 && control(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	       raw(__NR_capset, (u64)&header, (u64)none, 0, 0, 0, 0) == 0 && control(PR_SET_NO_NEW_PRIVS, 1) == 0 &&
	       raw(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (u64)&filter, 0, 0, 0) == 0;
}
