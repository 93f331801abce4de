/* The socket to the helper: the program and its descriptors come from there, and reports go there. */
#pragma once

#include <asm/unistd.h>
#include <linux/errno.h>

#include "../sys/syscall.h"

enum { CONTROL = 3 };

/* What the helper reads from the control socket. */
struct report {
	u32 kind, index;
	long value;
};
enum { REPORT_FAILED = 1, REPORT_SYNC, REPORT_FORKED, REPORT_READY };

static long call(long number, u64 a, u64 b, u64 c, u64 d)
{
	return raw(number, a, b, c, d, 0, 0);
}

static void __attribute__((noreturn)) leave(int status)
{
	for (;;) {
		call(__NR_exit_group, (u64)status, 0, 0, 0);
		__builtin_trap(); /* a seccomp policy may forbid even that */
	}
}

static void report(u32 kind, u32 index, long value)
{
	struct report line = { kind, index, value };
	call(__NR_write, CONTROL, (u64)&line, sizeof line, 0);
}

/* A helper that is gone must not leave a half made sandbox behind: no answer means leave. */
static void await_helper(void)
{
	u8 answer;
	long got;
	do
		got = call(__NR_read, CONTROL, (u64)&answer, 1, 0);
	while (got == -EINTR);
	if (got != 1)
		leave(1);
}

/* struct iovec and struct msghdr of the C library */
struct piece {
	void *at;
	u64 bytes;
};
struct packet {
	void *name;
	u64 name_bytes;
	struct piece *pieces;
	u64 count;
	void *rights;
	u64 rights_bytes;
	u32 flags;
};

/* struct cmsghdr with as many descriptors as the kernel lets one message have */
enum { SOL_SOCKET = 1, SCM_RIGHTS = 1, MSG_CTRUNC = 8, MAX_RIGHTS = 253 };
struct rights {
	u64 bytes;
	int level, type;
	int fd[MAX_RIGHTS];
};

/* How many have come: 0, 1 and 2 are the streams, and what follows the control socket the handles. */
static u32 taken;

static void take(const struct packet *packet, const struct rights *rights)
{
	if (packet->flags & MSG_CTRUNC)
		leave(2);
	if (packet->rights_bytes == 0)
		return;
	if (rights->level != SOL_SOCKET || rights->type != SCM_RIGHTS)
		leave(2);
	u64 count = (rights->bytes - __builtin_offsetof(struct rights, fd)) / sizeof(int);
	for (u64 i = 0; i < count; i++, taken++) {
		int fd = rights->fd[i], place = (int)(taken < CONTROL ? taken : taken + 1);
		/* Each got the lowest number that was free; the right one, unless the helper let something be inherited. */
		if (fd == place)
			continue;
		if (call(__NR_dup3, (u64)fd, (u64)place, 0, 0) != place)
			leave(2);
		call(__NR_close, (u64)fd, 0, 0, 0);
	}
}

static void read_all(u8 *into, u64 bytes)
{
	while (bytes) {
		struct rights rights;
		struct piece piece = { into, bytes };
		struct packet packet = { 0, 0, &piece, 1, &rights, sizeof rights, 0 };
		long got = call(__NR_recvmsg, CONTROL, (u64)&packet, 0, 0);
		if (got == -EINTR)
			continue;
		if (got <= 0)
			leave(1);
		take(&packet, &rights);
		into += got;
		bytes -= (u64)got;
	}
}
