/*
 * A fork storm: storm RATE SECONDS starts RATE processes a second, evenly, each of which ends at once, and
 * says how many it started and in how many nanoseconds: fewer where the machine is too slow for more.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000L
#define BEAT_NS 1000000L

static long now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void sleep_until(long moment_ns)
{
	struct timespec moment = { moment_ns / SECOND_NS, moment_ns % SECOND_NS };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) == EINTR)
		;
}

int main(int count, char **words)
{
	if (count != 3)
		errx(2, "storm RATE SECONDS");
	long rate = atol(words[1]), duration_ns = atol(words[2]) * SECOND_NS;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN); /* nobody has to be waited for */

	long started = 0, began = now_ns();
	for (long passed = 0; passed < duration_ns; passed = now_ns() - began) {
		/* What is due by now, but no more than two beats of it: a storm that is late does not become a flood. */
		long due = passed / BEAT_NS * rate / 1000 - started;
		long most = 2 * rate / 1000;
		for (long each = 0; each < due && each < most; each++, started++) {
			pid_t pid = fork();
			if (pid < 0)
				err(1, "fork");
			if (pid == 0)
				_exit(0);
		}
		sleep_until(began + (passed / BEAT_NS + 1) * BEAT_NS);
	}
	printf("%ld %ld\n", started, now_ns() - began);
	return 0;
}
