/*
 * Makes system calls and says how each ended: a line with the errno, or 0. Each word of the command line
 * is one: NUMBER,ARGUMENT,… where an argument is a number of C or, behind @, a string.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long argument(char *word)
{
	if (!word) return 0;
	return *word == '@' ? (unsigned long)(word + 1) : strtoul(word, NULL, 0);
}

int main(int count, char **words)
{
	for (int i = 1; i < count; i++) {
		long number = strtol(strtok(words[i], ","), NULL, 0);
		unsigned long given[6];
		for (int each = 0; each < 6; each++) given[each] = argument(strtok(NULL, ","));
		errno = 0;
		long result = syscall(number, given[0], given[1], given[2], given[3], given[4], given[5]);
		printf("%d\n", result == -1 ? errno : 0);
		fflush(stdout); /* the next one may be the last */
	}
	return 0;
}
