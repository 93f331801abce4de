/* storm RATE SECONDS: so many processes a second that end at once; prints how many there were. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	if (argc != 3) return 2;
	double rate = atof(argv[1]), seconds = atof(argv[2]), began = now();
	long made = 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN); /* they leave no zombies */
	for (double passed; (passed = now() - began) < seconds;) {
		if (made >= passed * rate) {
			usleep(500);
			continue;
		}
		pid_t pid = vfork();
		if (pid == 0) _exit(0);
		if (pid > 0) made++;
	}
	printf("%ld\n", made);
	return 0;
}
