/* A client that does the least: for each token on standard input it fetches that stream, and says how many bytes came until its end. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words)
{
	static char buffer[65536], token[256];
	if (count != 2) {
		fprintf(stderr, "usage: reader SOCKET\n");
		return 2;
	}
	while (fgets(token, sizeof token, stdin)) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
		int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (stream < 0 || connect(stream, (struct sockaddr *)&address, sizeof address) < 0 ||
		    dprintf(stream, "burrow-stream %s", token) < 0) {
			perror("reader");
			return 1;
		}
		long long bytes = 0;
		ssize_t got;
		while ((got = read(stream, buffer, sizeof buffer)) > 0)
			bytes += got;
		close(stream);
		printf("%lld\n", bytes);
		fflush(stdout);
	}
	return 0;
}
