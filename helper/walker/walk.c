/*
 * The walker: reads what /proc says of very many processes, and nothing more. It keeps no state and
 * knows no policy; walker.ts calls it and says what its records mean.
 *
 * It exists for its speed: reading ten links of 10,000 processes is 100,000 system calls, and a
 * scripting language adds to each more than it costs. Built as a shared object without a C library,
 * it loads beside whichever one the helper was started with.
 */
#include <asm/unistd.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/netlink.h>
#include <linux/stat.h>

#include "../sys/syscall.h"

#define EXPORT __attribute__((visibility("default")))

/* In the order of walker.ts. The last two are where a next child will be. */
static const char *const links[] = {
	"net", "mnt", "pid", "user", "uts", "ipc", "cgroup", "time", "pid_for_children", "time_for_children",
};
enum { LINKS = sizeof links / sizeof *links, TYPES = 8, ENTRIES_BYTES = 32 << 10, PATH_BYTES = 64, SOCKET = 64 };

/* One process or thread. */
struct record {
	u32 id;
	/* The errno with which its namespaces could not be read; 0 when they could, ESRCH when it is gone. */
	u32 error;
	/* Another process with the same number has another value: made of the inode in /proc and its time. */
	u64 identity;
	/* Inodes, in the order of links; 0 for none. */
	u32 inode[LINKS];
};

/* linux/dirent.h has this for the kernel only. */
struct entry {
	u64 inode, offset;
	u16 bytes;
	u8 type;
	char name[];
};

static void close_fd(long fd)
{
	raw(__NR_close, (u64)fd, 0, 0, 0, 0, 0);
}

static long open_at(long directory, const char *path, u64 flags)
{
	return raw(__NR_openat, (u64)directory, (u64)path, flags | O_CLOEXEC, 0, 0, 0);
}

static long stat_fd(long fd, u32 mask, struct statx *into)
{
	return raw(__NR_statx, (u64)fd, (u64) "", 0x1000 /* AT_EMPTY_PATH */, mask, (u64)into, 0);
}

/* The number that a text begins with; 0 for none. */
static u64 number(const char *text)
{
	u64 value = 0;
	while (*text >= '0' && *text <= '9')
		value = value * 10 + (u64)(*text++ - '0');
	return value;
}

static char *append(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	*at = 0;
	return at;
}

static char *append_number(char *at, u32 value)
{
	char digits[10];
	int count = 0;
	do
		digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	while (count)
		*at++ = digits[--count];
	*at = 0;
	return at;
}

/* PID/WHAT, or PID/task/TID/WHAT for a thread. */
static void path_of(char *into, u32 pid, u32 tid, const char *what)
{
	char *at = append_number(into, pid);
	if (tid)
		at = append_number(append(at, "/task/"), tid);
	append(append(at, "/"), what);
}

/* `net:[4026531833]` -> 4026531833; the text is as long as the call says and ends nowhere else. */
static u32 read_link(long directory, const char *name, long *error)
{
	char text[48];
	long bytes = raw(__NR_readlinkat, (u64)directory, (u64)name, (u64)text, sizeof text - 1, 0, 0);
	if (bytes < 0) {
		*error = -bytes;
		return 0;
	}
	text[bytes] = 0;
	for (long at = 0; at < bytes; at++)
		if (text[at] == '[')
			return (u32)number(text + at + 1);
	return 0;
}

/* How many threads /proc shows of a process, those included that nobody waited for. */
static u32 thread_count(long proc, u32 pid)
{
	char path[PATH_BYTES];
	struct statx stat;
	path_of(path, pid, 0, "task");
	long failed = raw(__NR_statx, (u64)proc, (u64)path, 0, STATX_NLINK, (u64)&stat, 0);
	return failed || stat.stx_nlink < 2 ? 0 : stat.stx_nlink - 2;
}

static void walk_one(long proc, u32 pid, u32 tid, struct record *record)
{
	char path[PATH_BYTES];
	struct statx stat;

	*record = (struct record){ .id = tid ? tid : pid };
	path_of(path, pid, tid, "ns");
	long directory = open_at(proc, path, O_PATH | O_DIRECTORY);
	if (directory < 0) {
		record->error = directory == -ENOENT ? ESRCH : (u32)-directory;
		return;
	}
	if (stat_fd(directory, STATX_INO | STATX_CTIME, &stat) == 0)
		record->identity = (stat.stx_ino << 32) ^ ((u64)stat.stx_ctime.tv_sec * 1000000000 + stat.stx_ctime.tv_nsec);
	int found = 0;
	for (int i = 0; i < LINKS; i++) {
		long error = 0;
		record->inode[i] = read_link(directory, links[i], &error);
		/* ENOENT: a type that this kernel has not, or a next child's namespace that is not there yet. */
		if (error && error != ENOENT)
			record->error = (u32)error;
		/* A dead process that nobody waited for still shows its pid and its user namespace. */
		found += record->inode[i] && i != 2 && i != 3;
	}
	/* A leader that has ended shows no more than that, too, and its process lives on in its other threads. */
	if (!found && !record->error && (tid || thread_count(proc, pid) < 2))
		record->error = ESRCH;
	close_fd(directory);
}

/* The processes with these numbers. Returns 0, or the errno, negative, of opening /proc. */
EXPORT long walk_processes(const u32 *pids, u32 count, struct record *out)
{
	long proc = open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
	if (proc < 0)
		return proc;
	for (u32 i = 0; i < count; i++)
		walk_one(proc, pids[i], 0, out + i);
	close_fd(proc);
	return 0;
}

/*
 * The numbers that name entries of a directory: processes, threads, descriptors. Goes on from
 * *cursor, and leaves there where the next call goes on. Returns how many it wrote, 0 at the end.
 */
EXPORT long walk_numbers(const char *path, u64 *cursor, u32 *out, u32 capacity)
{
	char buffer[ENTRIES_BYTES] __attribute__((aligned(8)));
	u32 count = 0;
	long directory = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	if (directory < 0)
		return directory;
	if (*cursor)
		raw(__NR_lseek, (u64)directory, *cursor, 0, 0, 0, 0);
	/* An entry takes 24 bytes at least: what one call brings must fit as a whole. */
	while (capacity - count >= ENTRIES_BYTES / 24) {
		long bytes = raw(__NR_getdents64, (u64)directory, (u64)buffer, sizeof buffer, 0, 0, 0);
		if (bytes <= 0)
			break;
		for (long at = 0; at < bytes;) {
			struct entry *entry = (struct entry *)(buffer + at);
			if (entry->name[0] >= '0' && entry->name[0] <= '9')
				out[count++] = (u32)number(entry->name);
			*cursor = entry->offset;
			at += entry->bytes;
		}
	}
	close_fd(directory);
	return count;
}

/* How many threads each process has: the links of its directory of threads, less the two of every directory. */
EXPORT long walk_thread_counts(const u32 *pids, u32 count, u32 *out)
{
	long proc = open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
	if (proc < 0)
		return proc;
	for (u32 i = 0; i < count; i++)
		out[i] = thread_count(proc, pids[i]);
	close_fd(proc);
	return 0;
}

/* Those of the threads that are in other namespaces than their process, or whose children will be. */
EXPORT long walk_threads(u32 pid, const u32 *tids, u32 count, struct record *out)
{
	struct record leader;
	u32 found = 0;
	long proc = open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
	if (proc < 0)
		return proc;
	walk_one(proc, pid, 0, &leader);
	for (u32 i = 0; i < count && !leader.error; i++) {
		if (tids[i] == pid)
			continue;
		walk_one(proc, pid, tids[i], out + found);
		int differs = 0;
		for (int k = 0; k < LINKS; k++)
			differs |= out[found].inode[k] != leader.inode[k];
		found += differs && !out[found].error;
	}
	close_fd(proc);
	return found;
}

/* A descriptor that names a namespace (kind: its place in links) or is a socket (kind: SOCKET). */
struct descriptor {
	u32 fd, kind;
	u64 inode;
};

static u32 kind_of(const char *text)
{
	for (u32 kind = 0; kind < TYPES; kind++) {
		const char *name = links[kind];
		u32 at = 0;
		while (name[at] && name[at] == text[at])
			at++;
		if (!name[at] && text[at] == ':' && text[at + 1] == '[')
			return kind;
	}
	return text[0] == 's' && text[1] == 'o' && text[2] == 'c' && text[6] == ':' ? SOCKET : ~0u;
}

EXPORT long walk_descriptors(u32 pid, const u32 *fds, u32 count, struct descriptor *out)
{
	char path[PATH_BYTES], name[16], text[48];
	u32 found = 0;
	path_of(append(path, "/proc/"), pid, 0, "fd");
	long directory = open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	if (directory < 0)
		return directory;
	for (u32 i = 0; i < count; i++) {
		append_number(name, fds[i]);
		long bytes = raw(__NR_readlinkat, (u64)directory, (u64)name, (u64)text, sizeof text - 1, 0, 0);
		/* A longer one is a path. A path that looks like a namespace begins with a slash, so it is none. */
		if (bytes < 8 || bytes == sizeof text - 1)
			continue;
		text[bytes] = 0;
		u32 kind = kind_of(text);
		if (kind == ~0u)
			continue;
		long at = 0;
		while (text[at] != '[' && text[at])
			at++;
		out[found++] = (struct descriptor){ fds[i], kind, number(text + at + !!text[at]) };
	}
	close_fd(directory);
	return found;
}

/* The inode of the network namespace in which somebody's socket was made; negative errno. */
EXPORT long walk_socket(u32 pid, u32 fd, u64 inode)
{
	struct statx stat;
	long result = -ESRCH;
	long pidfd = raw(__NR_pidfd_open, pid, 0, 0, 0, 0, 0);
	if (pidfd < 0)
		return pidfd;
	long socket = raw(__NR_pidfd_getfd, (u64)pidfd, fd, 0, 0, 0, 0);
	close_fd(pidfd);
	if (socket < 0)
		return socket;
	if (stat_fd(socket, STATX_INO, &stat) == 0 && stat.stx_ino == inode) {
		long namespace = raw(__NR_ioctl, (u64)socket, 0x894c /* SIOCGSKNS */, 0, 0, 0, 0);
		result = namespace;
		if (namespace >= 0) {
			result = stat_fd(namespace, STATX_INO, &stat) == 0 ? (long)stat.stx_ino : -ESRCH;
			close_fd(namespace);
		}
	}
	close_fd(socket);
	return result;
}

/* What a namespace is related to. 0 where there is none, or where the kernel does not tell. */
struct relations {
	u64 id;
	u32 owner, parent, owner_uid, error;
};

static u32 inode_behind(long fd, u64 request)
{
	struct statx stat;
	long other = raw(__NR_ioctl, (u64)fd, request, 0, 0, 0, 0);
	if (other < 0)
		return 0;
	u32 inode = stat_fd(other, STATX_INO, &stat) == 0 ? (u32)stat.stx_ino : 0;
	close_fd(other);
	return inode;
}

/* Of the namespace that is open as fd. kind: its place in links. */
EXPORT void walk_relations(long fd, u32 kind, struct relations *out)
{
	*out = (struct relations){ 0 };
	out->owner = inode_behind(fd, 0xb701 /* NS_GET_USERNS */);
	/* The owner of a user namespace is its parent. */
	out->parent = kind == 3 ? out->owner : kind == 2 ? inode_behind(fd, 0xb702 /* NS_GET_PARENT */) : 0;
	if (kind == 3)
		raw(__NR_ioctl, (u64)fd, 0xb704 /* NS_GET_OWNER_UID */, (u64)&out->owner_uid, 0, 0, 0);
	raw(__NR_ioctl, (u64)fd, 0x8008b70d /* NS_GET_ID */, (u64)&out->id, 0, 0, 0);
}

/* The same of a namespace that a process is in; ESRCH when it is another one by now. */
EXPORT void walk_relations_of(u32 pid, u32 kind, u32 inode, struct relations *out)
{
	char path[PATH_BYTES];
	struct statx stat;
	*out = (struct relations){ .error = ESRCH };
	path_of(append(path, "/proc/"), pid, 0, "ns/");
	char *end = path;
	while (*end)
		end++;
	append(end, links[kind]);
	long fd = open_at(AT_FDCWD, path, O_RDONLY);
	if (fd < 0) {
		out->error = (u32)-fd;
		return;
	}
	if (stat_fd(fd, STATX_INO, &stat) == 0 && stat.stx_ino == inode)
		walk_relations(fd, kind, out);
	close_fd(fd);
}

/* linux/mount.h, since Linux 6.8 and 6.11; older headers have neither. */
struct mount_request {
	u32 size, spare;
	u64 mount, parameter, namespace;
};
struct mount_answer {
	u32 size, more;
	u64 mask;
	u32 device_major, device_minor;
	u64 magic;
	u64 rest[60];
};
enum { NR_STATMOUNT = 457, NR_LISTMOUNT = 458, STATMOUNT_SB_BASIC = 1, AT_ONCE = 512 };

/*
 * The mounts of namespaces in one mount namespace, by the 64-bit ids of both. Ids are given in
 * ascending order, so that *after, the last one seen, tells old mounts from new. Looks at AT_ONCE
 * mounts; returns how many it looked at, and in *found how many of them it wrote. Negative errno.
 */
EXPORT long walk_mounts(u64 namespace, u64 *after, u64 *out, u32 *found)
{
	u64 ids[AT_ONCE];
	struct mount_request request = { sizeof request, 0, ~0ul /* LSMT_ROOT: all */, *after, namespace };
	*found = 0;
	long count = raw(NR_LISTMOUNT, (u64)&request, (u64)ids, AT_ONCE, 0, 0, 0);
	for (long i = 0; i < count; i++) {
		struct mount_answer answer = { 0 };
		request = (struct mount_request){ sizeof request, 0, ids[i], STATMOUNT_SB_BASIC, namespace };
		*after = ids[i];
		if (raw(NR_STATMOUNT, (u64)&request, (u64)&answer, sizeof answer, 0, 0, 0) == 0 && answer.magic == 0x6e736673 /* NSFS_MAGIC */)
			out[(*found)++] = ids[i];
	}
	return count;
}

/* What happened to a process. */
struct event {
	u32 what, pid;
};

/*
 * What the process connector has said since the last call, of processes as wholes. Returns how many
 * events it wrote; *seen counts all messages. -ENOBUFS: some were lost. -EAGAIN never comes: no more is the end.
 */
EXPORT long walk_events(u32 fd, struct event *out, u32 capacity, u32 *seen)
{
	char buffer[512] __attribute__((aligned(8)));
	u32 count = 0;
	*seen = 0;
	/* What others sent before the socket was connected is not looked through without an end either. */
	for (u32 looked = 0; count < capacity && looked < 16 * capacity; looked++) {
		struct sockaddr_nl from;
		u32 from_bytes = sizeof from;
		long bytes = raw(__NR_recvfrom, fd, (u64)buffer, sizeof buffer, 0x40 /* MSG_DONTWAIT */, (u64)&from, (u64)&from_bytes);
		if (bytes < 0)
			return bytes == -EAGAIN ? count : bytes;
		struct nlmsghdr *header = (struct nlmsghdr *)buffer;
		struct cn_msg *message = (struct cn_msg *)(header + 1);
		struct proc_event *event = (struct proc_event *)(message + 1);
		/* Anybody may send to a netlink socket; the kernel's own number is 0. */
		if (from.nl_pid != 0 || bytes < (long)(sizeof *header + sizeof *message + sizeof *event) || message->id.idx != CN_IDX_PROC)
			continue;
		*seen += 1;
		u32 pid = event->event_data.exec.process_pid, tgid = event->event_data.exec.process_tgid;
		if (event->what == PROC_EVENT_FORK) {
			pid = event->event_data.fork.child_pid;
			tgid = event->event_data.fork.child_tgid;
		}
		/* What a process is called and whose it is goes by its first thread. */
		if (pid != tgid || event->what == PROC_EVENT_NONE)
			continue;
		out[count++] = (struct event){ event->what, tgid };
	}
	return count;
}
