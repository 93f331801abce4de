/* What a tracer does to a system call that another process is in. */
#define _GNU_SOURCE
#include "spoil.h"
#include <elf.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

enum { HAY_BYTES = 12288 };

/* The call is made one that does not exist; its result is put right when it returns. */
void spoil(pid_t pid)
{
#if defined(__x86_64__)
	struct user_regs_struct registers;
	ptrace(PTRACE_GETREGS, pid, 0, &registers);
	registers.orig_rax = -1;
	ptrace(PTRACE_SETREGS, pid, 0, &registers);
#else
	int number = -1;
	struct iovec whole = { &number, sizeof number };
	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &whole);
#endif
}

void answer(pid_t pid, long result)
{
#if defined(__x86_64__)
	struct user_regs_struct registers;
	ptrace(PTRACE_GETREGS, pid, 0, &registers);
	registers.rax = result;
	ptrace(PTRACE_SETREGS, pid, 0, &registers);
#else
	struct user_regs_struct registers;
	struct iovec whole = { &registers, sizeof registers };
	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &whole);
	registers.regs[0] = result;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &whole);
#endif
}

static ssize_t read_memory(pid_t pid, unsigned long at, void *into, size_t bytes)
{
	struct iovec here = { into, bytes }, there = { (void *)at, bytes };
	return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

/* Up to the end of the page: what follows may not be there. */
static void append_string(pid_t pid, unsigned long at, char *hay)
{
	char piece[4097] = { 0 };
	size_t bytes = 4096 - at % 4096;
	if (at < 4096 || read_memory(pid, at, piece, bytes) <= 0) return;
	strncat(hay, piece, HAY_BYTES - strlen(hay) - 1);
}

int is_about(pid_t pid, const struct __ptrace_syscall_info *call, const char *text)
{
	char hay[HAY_BYTES] = { 0 }, path[64], to[4096] = { 0 };
	append_string(pid, call->entry.args[0], hay);
	strcat(hay, " ");
	append_string(pid, call->entry.args[1], hay);
	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, (int)call->entry.args[0]);
	if (readlink(path, to, sizeof to - 1) > 0) strncat(hay, to, HAY_BYTES - strlen(hay) - 1);
	return strstr(hay, text) != NULL;
}

/* One of several messages that are sent together gets a type that no kernel knows. */
void garble(pid_t pid, const struct __ptrace_syscall_info *call, int which)
{
	unsigned long at = call->entry.args[1], end = at + call->entry.args[2];
	struct nlmsghdr header;
	while (at < end && read_memory(pid, at, &header, sizeof header) == sizeof header) {
		if (which-- == 0) {
			header.nlmsg_type = 0x3fff;
			struct iovec here = { &header, sizeof header }, there = { (void *)at, sizeof header };
			process_vm_writev(pid, &here, 1, &there, 1, 0);
			return;
		}
		at += NLMSG_ALIGN(header.nlmsg_len);
	}
}
