/*
 * The stage: executes a list of system calls that it is handed on descriptor 3, and ends in execve(2)
 * or as the init of a sandbox. It knows no policy; ../stage/program.ts makes the lists. It may wait long
 * for one: the helper starts it before it is needed.
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

#include "../sys/start.h"
#include "../sys/syscall.h"
#include "control.h"

enum { MAX_PROGRAM = 32 << 20, MAGIC = 0x31575242 /* "BRW1" */ };

/* What an instruction does; the numbers are those of encode.ts. */
enum operation { OP_CALL, OP_FORK, OP_SYNC, OP_INIT, OP_COMMAND };

/* How an argument is read. */
enum { ARG_VALUE, ARG_DATA, ARG_RESULT };

struct header {
	u32 magic, instructions, relocations, data_bytes;
	u32 helper; /* pid of the process that started this one */
	u32 descriptors; /* how many come with the program: its streams, and the handles */
};

struct instruction {
	u16 operation;
	u16 tolerated[3]; /* errnos that are no failure; 0xffff stands for all */
	u8 kind[6];
	u16 number;
	u64 argument[6];
};

/* What pid 1 of a sandbox has besides itself; without a command it waits to be told to end. */
struct command {
	long pid;
	u64 ending; /* descriptor that the command's wait status goes to */
	u64 stays; /* init goes on without it */
};

/* Takes in whoever has ended. With its command init ends too, unless it is to stay. */
static void reap(struct command *command)
{
	int status;
	long pid;
	while ((pid = raw(__NR_wait4, (u64)-1, (u64)&status, 1 /* WNOHANG */, 0, 0, 0)) > 0) {
		if (pid != command->pid)
			continue;
		call(__NR_write, command->ending, (u64)&status, sizeof status, 0);
		if (!command->stays)
			leave(0);
		call(__NR_close, command->ending, 0, 0, 0);
		command->pid = 0;
	}
}

/* Pid 1 takes in the orphans, passes on what it is told, and with its end all in its pid namespace ends. */
static void __attribute__((noreturn)) be_init(struct command *command)
{
	u64 all = ~0ul;
	for (;;) {
		long number = call(__NR_rt_sigtimedwait, (u64)&all, 0, 0, sizeof all);
		if (number == SIGCHLD)
			reap(command);
		else if (number > 0 && command->pid)
			call(__NR_kill, (u64)command->pid, (u64)number, 0, 0);
		else if (number == SIGTERM)
			leave(0);
	}
}

/* The helper takes note of it, or it does not stay. @return the signals that were blocked before */
static u64 announce(u32 index)
{
	u64 all = ~0ul, before = 0;
	call(__NR_rt_sigprocmask, SIG_BLOCK, (u64)&all, (u64)&before, sizeof all);
	report(REPORT_READY, index, 0);
	await_helper();
	return before;
}

static void __attribute__((noreturn)) stay(u32 index)
{
	struct command none = { 0, 0, 1 };
	announce(index);
	call(__NR_close, CONTROL, 0, 0, 0);
	be_init(&none);
}

/*
 * The rest of the program is the command's. Init has /dev/null in place of the command's streams: who
 * reads those is to see their end when the command closes them.
 */
static void start_command(u32 index, u64 ending, u64 null, u64 stays)
{
	u64 before = announce(index);
	struct command command = { call(__NR_clone, SIGCHLD, 0, 0, 0), ending, stays };
	if (command.pid == 0) {
		call(__NR_rt_sigprocmask, SIG_SETMASK, (u64)&before, 0, sizeof before);
		return;
	}
	if (command.pid < 0) {
		report(REPORT_FAILED, index, -command.pid);
		leave(1);
	}
	for (u64 fd = 0; fd < 3; fd++)
		call(__NR_dup3, null, fd, 0, 0);
	call(__NR_close, null, 0, 0, 0);
	call(__NR_close, CONTROL, 0, 0, 0);
	be_init(&command);
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
 * it; a namespace joined or made for children (pid, time) begins with it. A control group is entered
 * by being born into it: moving there would wait until no processor looks at the old one any more.
 */
static void fork_away(u32 index, long cgroup)
{
	struct clone_args born_into = { .flags = CLONE_PARENT | CLONE_INTO_CGROUP, .cgroup = (u64)cgroup };
	long pid = cgroup < 0 ? call(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0)
			      : call(__NR_clone3, (u64)&born_into, sizeof born_into, 0, 0);
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

		if (each->operation == OP_SYNC) {
			report(REPORT_SYNC, index, 0);
			await_helper();
			continue;
		}
		if (each->operation == OP_INIT)
			stay(index);

		for (int i = 0; i < 6; i++) {
			u64 given = each->argument[i];
			argument[i] = each->kind[i] == ARG_DATA	    ? (u64)(data + given)
				      : each->kind[i] == ARG_RESULT ? (u64)results[given]
								    : given;
		}
		if (each->operation == OP_FORK) {
			fork_away(index, (long)argument[0]);
			continue;
		}
		if (each->operation == OP_COMMAND) {
			start_command(index, argument[0], argument[1], argument[2]);
			continue;
		}
		results[index] = raw(each->number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
		if (results[index] < 0 && results[index] >= -4095 && !tolerates(each, -results[index])) {
			report(REPORT_FAILED, index, -results[index]);
			leave(1);
		}
	}
}

/*
 * A helper that dies ends this process: what it would go on to make on the host, the next helper has by then looked for.
 * A child does not inherit that (prctl(2)); it has left the host's namespaces, or meets a wait before it makes anything.
 */
static void end_with(u32 helper)
{
	call(__NR_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL, 0, 0);
	if (call(__NR_getppid, 0, 0, 0, 0) != helper)
		leave(1); /* it was too late for a signal */
}

/* Has nothing of the helper's but the control socket, and room for the streams of the program. */
static void wait_idle(void)
{
	call(__NR_prctl, 15 /* PR_SET_NAME */, (u64) "burrow-spare", 0, 0);
	for (u64 fd = 0; fd < CONTROL; fd++)
		call(__NR_close, fd, 0, 0, 0);
}

static void __attribute__((noreturn, used)) run(void)
{
	wait_idle();
	struct header header;
	read_all((u8 *)&header, sizeof header);
	end_with(header.helper);

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
	if (taken != header.descriptors)
		leave(2);

	/* argv and envp are arrays of pointers; in the program they are offsets. */
	for (u32 i = 0; i < header.relocations; i++)
		*(u64 *)(data + relocations[i]) += (u64)data;

	execute((struct instruction *)base, header.instructions, data, results);
	leave(0);
}
