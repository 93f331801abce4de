/*
 * A crowd of sleeping processes, every second one with a set of namespaces of its own.
 *
 *	crowd COUNT FLAGS	COUNT processes with these two; FLAGS: what clone3(2) makes new, hexadecimal
 *
 * Says "ready" when all of them sleep, and lives until its standard input ends. The second process is
 * pid 1 of a pid namespace in which all others are: its end is the end of all, also when whoever
 * started the crowd was killed, and the first one ends only when nobody is left.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t clone_with(uint64_t flags)
{
	struct clone_args arguments = { .flags = flags, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	if (pid < 0)
		err(1, "clone3 with flags %#llx", (unsigned long long)flags);
	return pid;
}

/* A few descriptors, as a process has them: a socket of its own network namespace and a pipe. */
static void sleep_as_member(int ready)
{
	int pair[2];
	if (socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 || pipe(pair) < 0)
		err(1, "a member's descriptors");
	close(STDIN_FILENO);
	if (write(ready, "", 1) != 1)
		err(1, "a member's word");
	close(ready);
	for (;;)
		pause();
}

static void await_members(int ready, long count)
{
	char words[4096];
	while (count > 0) {
		ssize_t got = read(ready, words, sizeof words);
		if (got <= 0)
			errx(1, "%ld members said nothing", count);
		count -= got;
	}
}

static void lead(long members, uint64_t flags)
{
	int ready[2];
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || pipe(ready) < 0)
		err(1, "the leader");
	for (long index = 0; index < members; index++) {
		if (clone_with(index % 2 ? flags : 0) == 0) {
			close(ready[0]);
			sleep_as_member(ready[1]);
		}
	}
	close(ready[1]);
	await_members(ready[0], members);
	close(ready[0]);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		err(1, "ready");
	char word;
	while (read(STDIN_FILENO, &word, 1) > 0)
		;
	exit(0);
}

int main(int count, char **words)
{
	if (count != 3)
		errx(2, "crowd COUNT FLAGS");
	pid_t leader = clone_with(CLONE_NEWPID);
	if (leader == 0)
		lead(atol(words[1]) - 2, strtoull(words[2], NULL, 16));
	int status;
	if (waitpid(leader, &status, 0) != leader)
		err(1, "the end of the crowd");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
