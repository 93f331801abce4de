/*
 * The stage: executes a list of system calls that it is handed on descriptor 3, and ends in execve(2)
 * or as the init of a sandbox. It knows no policy; ../stage/program.ts makes the lists.
 *
 * It exists because Node cannot do this work: a multi-threaded process may neither make nor join a
 * user namespace, and no JavaScript can run between fork and exec. Being a freshly executed image it
 * also carries none of the helper's memory or descriptors into a container.
 *
 * It has no C library, so that it runs on any host, needs no loader after pivot_root(2), and costs a
 * few pages for as long as a sandbox lives. Build: cc -static -nostdlib -ffreestanding (extension/build.mjs).
 */
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/sched.h>
#include <linux/mman.h>
#include <linux/errno.h>

#include "../sys/syscall.h"

enum { CONTROL = 3, MAX_PROGRAM = 32 << 20, MAGIC = 0x31575242 /* "BRW1" */ };

/* What an instruction does; the numbers are those of encode.ts. */
enum operation { OP_CALL, OP_FORK, OP_SYNC, OP_INIT };

/* How an argument is read. */
enum { ARG_VALUE, ARG_DATA, ARG_RESULT };

struct header {
	u32 magic, instructions, relocations, data_bytes;
};

struct instruction {
	u16 operation;
	u16 tolerated[3]; /* errnos that are no failure; 0xffff stands for all */
	u8 kind[6];
	u16 number;
	u64 argument[6];
};

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

static void read_all(u8 *into, u64 bytes)
{
	while (bytes) {
		long got = call(__NR_read, CONTROL, (u64)into, bytes, 0);
		if (got == -EINTR)
			continue;
		if (got <= 0)
			leave(1);
		into += got;
		bytes -= (u64)got;
	}
}

/* Pid 1 of a sandbox: takes in the orphans, and ends when told, which ends everything in its pid namespace. */
static void __attribute__((noreturn)) be_init(u32 index)
{
	u64 all = ~0ul;
	call(__NR_rt_sigprocmask, SIG_BLOCK, (u64)&all, 0, sizeof all);
	report(REPORT_READY, index, 0);
	await_helper();
	call(__NR_close, CONTROL, 0, 0, 0);
	for (;;) {
		long number = call(__NR_rt_sigtimedwait, (u64)&all, 0, 0, sizeof all);
		if (number == SIGTERM)
			leave(0);
		if (number == SIGCHLD)
			while (raw(__NR_wait4, (u64)-1, 0, 1 /* WNOHANG */, 0, 0, 0) > 0)
				;
	}
}

static int tolerates(const struct instruction *each, long number)
{
	for (int i = 0; i < 3; i++)
		if (each->tolerated[i] == 0xffff || (number && each->tolerated[i] == number))
			return 1;
	return 0;
}

/*
 * CLONE_PARENT makes the child the helper's own, so that the helper and not this process waits for
 * it; a namespace joined or made for children (pid, time) begins with it.
 */
static void fork_away(u32 index)
{
	long pid = call(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0);
	if (pid == 0)
		return;
	report(pid < 0 ? REPORT_FAILED : REPORT_FORKED, index, pid < 0 ? -pid : pid);
	leave(pid < 0);
}

static void execute(const struct instruction *program, u32 count, const u8 *data, long *results)
{
	for (u32 index = 0; index < count; index++) {
		const struct instruction *each = program + index;
		u64 argument[6];

		if (each->operation == OP_FORK) {
			fork_away(index);
			continue;
		}
		if (each->operation == OP_SYNC) {
			report(REPORT_SYNC, index, 0);
			await_helper();
			continue;
		}
		if (each->operation == OP_INIT)
			be_init(index);

		for (int i = 0; i < 6; i++) {
			u64 given = each->argument[i];
			argument[i] = each->kind[i] == ARG_DATA	    ? (u64)(data + given)
				      : each->kind[i] == ARG_RESULT ? (u64)results[given]
								    : given;
		}
		results[index] = raw(each->number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
		if (results[index] < 0 && results[index] >= -4095 && !tolerates(each, -results[index])) {
			report(REPORT_FAILED, index, -results[index]);
			leave(1);
		}
	}
}

static void __attribute__((noreturn, used)) run(void)
{
	struct header header;
	read_all((u8 *)&header, sizeof header);

	u64 code_bytes = header.instructions * sizeof(struct instruction);
	u64 read_bytes = code_bytes + header.data_bytes + header.relocations * sizeof(u32);
	u64 all_bytes = ((read_bytes + 7) & ~7ul) + header.instructions * sizeof(long);
	if (header.magic != MAGIC || read_bytes > MAX_PROGRAM)
		leave(2);

	long at = raw(__NR_mmap, 0, all_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0);
	if (at < 0 && at >= -4095)
		leave(2);
	u8 *base = (u8 *)at;
	u8 *data = base + code_bytes;
	/* The results are kept behind what was read, at the next multiple of eight. */
	u32 *relocations = (u32 *)(data + header.data_bytes);
	long *results = (long *)(base + ((read_bytes + 7) & ~7ul));
	read_all(base, read_bytes);

	/* argv and envp are arrays of pointers; in the program they are offsets. */
	for (u32 i = 0; i < header.relocations; i++)
		*(u64 *)(data + relocations[i]) += (u64)data;

	execute((struct instruction *)base, header.instructions, data, results);
	leave(0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall run\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tb run\n");
#endif
