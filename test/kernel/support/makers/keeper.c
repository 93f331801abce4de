/*
 * A process that does what a test tells it, a line at a time, and so comes to keep namespaces alive in any way
 * there is. A line is an act and its words, each escaped as in a URL; the answer is `ok NUMBER` or `failed ERRNO`.
 * Threads and children that it starts are told in the same way: `to N LINE` reaches the Nth of them.
 * It ends, with all that it started, when its standard input does.
 */
#define _GNU_SOURCE
#include "acts.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_WORDS = 16, MAX_LINE = 16384, MAX_HANDS = 64 };

/* A thread or a child. It has pipes: a socket would itself keep a network namespace. */
struct hand {
	FILE *lines, *answers;
	pthread_t thread;
	pid_t child; /* 0 for a thread */
};
static struct hand hands[MAX_HANDS];
static int hand_count;

struct pipes {
	FILE *lines, *answers;
};

static void serve(FILE *lines, FILE *answers);

static void *run_thread(void *argument)
{
	struct pipes *pipes = argument;
	serve(pipes->lines, pipes->answers);
	fclose(pipes->lines);
	fclose(pipes->answers);
	free(pipes);
	return NULL;
}

/* The hand that is told by to[1] and answers by from[0]; its number is the answer. */
static long keep(struct hand hand, const int to[2], const int from[2])
{
	hand.lines = fdopen(to[1], "w");
	hand.answers = fdopen(from[0], "r");
	hands[hand_count] = hand;
	return hand_count++;
}

static int make_pipes(int to[2], int from[2])
{
	if (hand_count == MAX_HANDS) return errno = EMFILE, -1;
	return pipe2(to, O_CLOEXEC) < 0 ? -1 : pipe2(from, O_CLOEXEC);
}

static long start_thread(void)
{
	int to[2], from[2];
	if (make_pipes(to, from) < 0) return -1;
	struct pipes *pipes = malloc(sizeof *pipes);
	*pipes = (struct pipes){ fdopen(to[0], "r"), fdopen(from[1], "w") };
	struct hand hand = { .child = 0 };
	errno = pthread_create(&hand.thread, NULL, run_thread, pipes);
	return errno ? -1 : keep(hand, to, from);
}

/* A child has that very pid where one is given: clone3(2) gives any that is free. */
static long start_child(const char *pid)
{
	int to[2], from[2];
	if (make_pipes(to, from) < 0) return -1;
	pid_t wanted = pid ? strtol(pid, NULL, 10) : 0;
	struct clone_args how = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = wanted ? 1 : 0 };
	if (!wanted) how.set_tid = 0;
	struct hand hand = { .child = syscall(SYS_clone3, &how, sizeof how) };
	if (hand.child < 0) return -1;
	if (hand.child > 0) {
		close(to[0]);
		close(from[1]);
		return keep(hand, to, from);
	}
	die_with_parent();
	dup2(to[0], 0);
	dup2(from[1], 1);
	close_range(3, ~0U, 0);
	hand_count = 0;
	serve(fdopen(0, "r"), fdopen(1, "w"));
	_exit(0);
}

/* Hands a line on and takes the answer; `end` is the last line that one reads. */
static long tell(const char *which, const char *line)
{
	char answer[64];
	long result;
	struct hand *hand = &hands[strtol(which, NULL, 10)];
	fprintf(hand->lines, "%s\n", line);
	fflush(hand->lines);
	if (!fgets(answer, sizeof answer, hand->answers)) return errno = EPIPE, -1;
	if (sscanf(answer, "failed %ld", &result) == 1) return errno = result, -1;
	if (strcmp(line, "end") == 0) {
		if (hand->child) waitpid(hand->child, NULL, 0);
		else pthread_join(hand->thread, NULL);
	}
	return sscanf(answer, "ok %ld", &result) == 1 ? result : -1;
}

static void unescape(char *word)
{
	char *to = word;
	for (; *word; word++) {
		unsigned byte;
		if (*word == '%' && sscanf(word + 1, "%2x", &byte) == 1) {
			*to++ = byte;
			word += 2;
		} else *to++ = *word;
	}
	*to = 0;
}

static long perform(char *line)
{
	char *words[MAX_WORDS + 1] = { 0 };
	if (strncmp(line, "to ", 3) == 0) {
		char *rest = strchr(line + 3, ' ');
		if (!rest) return errno = EINVAL, -1;
		*rest = 0;
		return tell(line + 3, rest + 1);
	}
	/* Not strtok(3): a word may be empty. */
	for (int i = 0; i < MAX_WORDS && line; i++) words[i] = strsep(&line, " ");
	for (char **word = words; *word; word++) unescape(*word);
	if (strcmp(words[0], "thread") == 0) return start_thread();
	if (strcmp(words[0], "child") == 0) return start_child(words[1]);
	if (strcmp(words[0], "end") == 0) return 0;
	act *act = find_act(words[0]);
	return act ? act(words + 1) : (errno = ENOSYS, -1);
}

static void serve(FILE *lines, FILE *answers)
{
	char *line = malloc(MAX_LINE);
	int ends = 0;
	while (!ends && fgets(line, MAX_LINE, lines)) {
		line[strcspn(line, "\n")] = 0;
		ends = strcmp(line, "end") == 0;
		int leaves = strcmp(line, "leave") == 0;
		long result = leaves ? 0 : perform(line);
		if (result < 0) fprintf(answers, "failed %d\n", errno);
		else fprintf(answers, "ok %ld\n", result);
		fflush(answers);
		/* Of this thread alone: the process lives on, without its leader, for as long as others run. */
		if (leaves) syscall(SYS_exit, 0);
	}
	free(line);
}

int main(void)
{
	die_with_parent();
	signal(SIGCHLD, SIG_IGN); /* nobody waits for children that are killed */
	serve(stdin, stdout);
	_exit(0);
}
