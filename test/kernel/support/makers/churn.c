/*
 * Keeps COUNT processes alive, each in a uts namespace of its own whose hostname says which process it is: PID-START, as
 * /proc tells both. Every few hundred microseconds the oldest is killed and another one is born, so that where there are
 * few numbers they come back soon. One that has its hostname is called `ready`. It ends with its standard input.
 */
#define _GNU_SOURCE
#include "acts.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_COUNT = 256, PAUSE_US = 400 };

/* In clock ticks since the machine started, proc_pid_stat(5). */
static long started(void)
{
	char text[1024] = "";
	FILE *file = fopen("/proc/self/stat", "r");
	if (!file || !fgets(text, sizeof text, file)) _exit(1);
	char *field = strrchr(text, ')') + 1;
	for (int left = 19; left > 0; left--) field = strchr(field + 1, ' ');
	return strtol(field, NULL, 10);
}

static pid_t bear(void)
{
	pid_t pid = fork();
	if (pid != 0) return pid;
	die_with_parent();
	char name[64];
	int length = snprintf(name, sizeof name, "%d-%ld", getpid(), started());
	if (unshare(CLONE_NEWUTS) < 0 || sethostname(name, length) < 0) _exit(1);
	prctl(PR_SET_NAME, "ready");
	for (;;) pause();
}

int main(int count, char **words)
{
	static pid_t alive[MAX_COUNT];
	int wanted = count > 1 ? atoi(words[1]) : 0;
	struct pollfd input = { .fd = 0, .events = POLLIN };
	die_with_parent();
	if (wanted < 1 || wanted > MAX_COUNT) return 2;
	for (int oldest = 0; poll(&input, 1, 0) == 0; oldest = (oldest + 1) % wanted) {
		if (alive[oldest]) {
			kill(alive[oldest], SIGKILL);
			waitpid(alive[oldest], NULL, 0);
		}
		alive[oldest] = bear();
		if (alive[oldest] < 0) return 1;
		usleep(PAUSE_US);
	}
	return 0;
}
