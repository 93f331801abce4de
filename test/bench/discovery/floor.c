/*
 * The floor: what reading the namespace links of every process costs, and nothing else. For each
 * byte on standard input it reads all of them once and says "NANOSECONDS PROCESSES LINKS". Neither its
 * start nor the wait for the byte is counted.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const links[] = {
	"net", "mnt", "pid", "user", "uts", "ipc", "cgroup", "time", "pid_for_children", "time_for_children",
};

struct totals {
	long processes, links;
	unsigned long inodes; /* of all links, so that the compiler cannot leave out the parsing */
};

/* One process; what has ended in the meantime counts as far as it was read. */
static void read_links(const char *pid, struct totals *totals)
{
	char path[sizeof "/proc//ns" + 256], target[64];
	snprintf(path, sizeof path, "/proc/%s/ns", pid);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return;
	totals->processes++;
	for (size_t index = 0; index < sizeof links / sizeof *links; index++) {
		ssize_t length = readlinkat(folder, links[index], target, sizeof target - 1);
		if (length < 0)
			continue;
		target[length] = 0;
		const char *number = strchr(target, '[');
		if (number)
			totals->inodes += strtoul(number + 1, NULL, 10);
		totals->links++;
	}
	close(folder);
}

static struct totals read_all(void)
{
	struct totals totals = { 0 };
	DIR *proc = opendir("/proc");
	if (!proc)
		err(1, "/proc");
	for (struct dirent *entry; (entry = readdir(proc));)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			read_links(entry->d_name, &totals);
	closedir(proc);
	return totals;
}

int main(void)
{
	char word;
	while (read(STDIN_FILENO, &word, 1) == 1) {
		struct timespec began, ended;
		clock_gettime(CLOCK_MONOTONIC, &began);
		struct totals totals = read_all();
		clock_gettime(CLOCK_MONOTONIC, &ended);
		long took = (ended.tv_sec - began.tv_sec) * 1000000000L + ended.tv_nsec - began.tv_nsec;
		printf("%ld %ld %ld\n", totals.inodes ? took : -1, totals.processes, totals.links);
		fflush(stdout);
	}
	return 0;
}
