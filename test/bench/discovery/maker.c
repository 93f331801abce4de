/*
 * Starts one process in a uts namespace of its own for each "m" on standard input and says its pid; ends
 * it for each "r" and says 0. Prepared like this, the measured time has nothing of a program's start in it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t make(void)
{
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	/* Also when this program is killed, nothing of it stays. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || unshare(CLONE_NEWUTS) < 0)
		err(1, "a uts namespace");
	execlp("sleep", "sleep", "3600", NULL);
	err(1, "sleep");
}

int main(void)
{
	pid_t made = 0;
	char word;
	while (read(STDIN_FILENO, &word, 1) == 1) {
		if (word == 'm') {
			made = make();
		} else if (made > 0) {
			kill(made, SIGKILL);
			waitpid(made, NULL, 0);
			made = 0;
		}
		printf("%d\n", (int)made);
		fflush(stdout);
	}
	return 0;
}
