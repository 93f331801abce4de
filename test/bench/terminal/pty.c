/*
 * The least that a terminal takes: a pty of its own, a command in it, and somebody who reads.
 *   pty first COMMAND…   for each byte on standard input runs it, until the first byte of its output, and says the nanoseconds
 *   pty whole COMMAND…   the same until its end, and says how many bytes that were, too
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "pty: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int open_master(int *slave)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || unlockpt(master) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0)
		die("posix_openpt");
	*slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	if (*slave < 0)
		die("TIOCGPTPEER");
	return master;
}

/* vfork(2): a pty's owner need not be large, and this one is not to pay for it if it is. */
static pid_t start(int slave, char **command)
{
	pid_t pid = vfork();
	if (pid != 0)
		return pid;
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	close(slave);
	execvp(*command, command);
	_exit(127);
}

int main(int count, char **words)
{
	if (count < 3) {
		fprintf(stderr, "usage: pty first|whole COMMAND…\n");
		return 2;
	}
	static char buffer[65536];
	int is_whole = strcmp(words[1], "whole") == 0;
	char byte;
	while (read(0, &byte, 1) == 1) {
		long long began = now(), bytes = 0;
		int slave, master = open_master(&slave);
		pid_t pid = start(slave, words + 2);
		close(slave);
		ssize_t got;
		while ((got = read(master, buffer, sizeof buffer)) > 0) {
			bytes += got;
			if (!is_whole)
				break;
		}
		long long took = now() - began;
		close(master);
		if (waitpid(pid, 0, 0) < 0)
			die("waitpid");
		printf("%lld %lld\n", took, bytes);
		fflush(stdout);
	}
	return 0;
}
