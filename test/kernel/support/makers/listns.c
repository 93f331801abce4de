/* Prints the id of every namespace that listns(2) lists. */
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_listns
#define SYS_listns 470
#endif

struct request {
	uint32_t size, spare;
	uint64_t last_id;
	uint32_t types, spare2;
	uint64_t user_ns_id;
};

int main(void)
{
	static uint64_t ids[4096];
	struct request request = { .size = sizeof request };
	for (;;) {
		long count = syscall(SYS_listns, &request, ids, sizeof ids / sizeof *ids, 0);
		if (count < 0) return perror("listns"), 1;
		for (long each = 0; each < count; each++) printf("%lu\n", (unsigned long)ids[each]);
		if (count < (long)(sizeof ids / sizeof *ids)) break;
		request.last_id = ids[count - 1];
	}
	return 0;
}
