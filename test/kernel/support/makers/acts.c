#define _GNU_SOURCE
#include "acts.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const struct {
	const char *name;
	int flag;
} flags[] = {
	{ "net", CLONE_NEWNET }, { "mnt", CLONE_NEWNS },  { "pid", CLONE_NEWPID },
	{ "user", CLONE_NEWUSER }, { "uts", CLONE_NEWUTS }, { "ipc", CLONE_NEWIPC },
	{ "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME }, { "files", CLONE_FILES },
};

static long number(const char *word)
{
	return word ? strtol(word, NULL, 10) : 0;
}

static const char *or_null(const char *word)
{
	return *word ? word : NULL;
}

/* Closes `fd` and answers as the call before did. */
static long closing(int fd, long result)
{
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

/* TYPE…, and `files` for a table of descriptors of its own */
static long do_unshare(char **words)
{
	int all = 0;
	for (; *words; words++)
		for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
			if (strcmp(flags[i].name, *words) == 0) all |= flags[i].flag;
	return unshare(all);
}

/* PATH */
static long do_open(char **words)
{
	return open(words[0], O_RDONLY | O_CLOEXEC);
}

/* PATH */
static long do_setns(char **words)
{
	int fd = open(words[0], O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : closing(fd, setns(fd, 0));
}

/* FD */
static long do_close(char **words)
{
	return close(number(words[0]));
}

/* FD COUNT: as many more descriptors of the same file */
static long do_duplicate(char **words)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
	for (long left = number(words[1]); left > 0; left--)
		if (dup(number(words[0])) < 0) return -1;
	return 0;
}

/* FAMILY TYPE */
static long do_socket(char **words)
{
	return socket(number(words[0]), number(words[1]) | SOCK_CLOEXEC, 0);
}

/* PATH */
static long do_chroot(char **words)
{
	return chroot(words[0]) < 0 ? -1 : chdir("/");
}

/* SOURCE TARGET TYPE FLAGS */
static long do_mount(char **words)
{
	return mount(or_null(words[0]), words[1], or_null(words[2]), number(words[3]), NULL);
}

/* PATH */
static long do_unmount(char **words)
{
	return umount2(words[0], MNT_DETACH);
}

/* PATH */
static long do_mkdir(char **words)
{
	return mkdir(words[0], 0755);
}

/* PATH TEXT */
static long do_write(char **words)
{
	int fd = open(words[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) return -1;
	return closing(fd, write(fd, words[1], strlen(words[1])));
}

/* NAME */
static long do_rename(char **words)
{
	return prctl(PR_SET_NAME, words[0]);
}

/* UID: as if that user had started it */
static long do_become(char **words)
{
	uid_t id = number(words[0]);
	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0) return -1;
	die_with_parent(); /* new credentials take the signal away, and the right to look at it */
	return prctl(PR_SET_DUMPABLE, 1);
}

/* PID: stops it as a debugger does */
static long do_trace(char **words)
{
	pid_t pid = number(words[0]);
	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ? -1 : ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
}

/* Children that end stay as zombies. */
static long do_neglect(char **words)
{
	(void)words;
	return signal(SIGCHLD, SIG_DFL) == SIG_ERR ? -1 : 0;
}

static long do_tid(char **words)
{
	(void)words;
	return syscall(SYS_gettid);
}

void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static const struct {
	const char *name;
	act *act;
} acts[] = {
	{ "unshare", do_unshare }, { "open", do_open }, { "setns", do_setns }, { "close", do_close },
	{ "duplicate", do_duplicate }, { "socket", do_socket }, { "mount", do_mount }, { "unmount", do_unmount },
	{ "mkdir", do_mkdir }, { "write", do_write }, { "rename", do_rename }, { "become", do_become },
	{ "trace", do_trace }, { "chroot", do_chroot }, { "neglect", do_neglect }, { "tid", do_tid },
};

act *find_act(const char *name)
{
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (strcmp(acts[i].name, name) == 0) return acts[i].act;
	return NULL;
}
