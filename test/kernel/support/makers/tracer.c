/*
 * Makes a system call of a helper, or of a stage that it starts, fail or stand still: without a word of that in either.
 * It is told a line at a time and answers `ok`; when a call has come to what it was told of, it says `hit PID`.
 *
 *   attach PID                        from now on follows this helper's threads, the stage that waits for a program and those that it starts
 *   record STAGE                      says `call NUMBER FIRST` of each call of the stage of that order, from 0 for the next one to begin
 *   stage STAGE CALL fail|hold ERRNO  what becomes of the call of that order, from 0 for the first of its program, in that stage or
 *                                     in a later one: another may be started meanwhile
 *   helper NUMBERS TEXT CALL fail|hold|garble ERRNO
 *                                     of the helper's calls with one of these numbers and TEXT in a path, or in where a descriptor
 *                                     leads; what fails is of its first thread, as others have their own ways; `garble` makes the message of netlink(7) number ERRNO one that no kernel knows
 *   forget                            as if neither had been said
 *   release                           whatever stands still goes on
 *
 * It ends when its standard input does, and all that it followed goes on.
 */
#define _GNU_SOURCE
#include "acts.h"
#include "spoil.h"
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TRACED = 4096, MAX_WORDS = 8, MAX_NUMBERS = 8 };
enum kind { UNKNOWN, HELPER, SPAWNED, STAGE };
enum action { NOTHING, FAIL, HOLD, GARBLE };

struct traced {
	pid_t pid;
	enum kind kind;
	int order; /* in which the programs of stages began */
	long call; /* that it is in or was in last; -1 before the first of its program */
	int error; /* that the call it is in is to fail with */
	int held, stopped;
};
static struct traced traced[MAX_TRACED];
static int next_order;
static pid_t leader;

static struct {
	enum action action;
	int order, record;
	long call;
	int error;
} stage_rule = { .record = -1 };

static struct {
	enum action action;
	long numbers[MAX_NUMBERS];
	int count, error;
	long left;
	char text[256];
} helper_rule;

static struct traced *find(pid_t pid)
{
	for (int i = 0; i < MAX_TRACED; i++)
		if (traced[i].pid == pid) return &traced[i];
	return NULL;
}

static struct traced *add(pid_t pid, enum kind kind)
{
	struct traced *free = find(pid);
	if (!free) free = find(0);
	if (!free) exit(3);
	if (free->pid == 0) *free = (struct traced){ .pid = pid, .call = -1 };
	free->kind = kind;
	return free;
}

static int followed_by_call(const struct traced *each)
{
	return each->error || each->kind == STAGE || (each->kind == HELPER && helper_rule.action != NOTHING);
}

static void go_on(struct traced *each, int signal)
{
	each->stopped = 0;
	ptrace(followed_by_call(each) ? PTRACE_SYSCALL : PTRACE_CONT, each->pid, 0, signal);
}

static void let_go(struct traced *each)
{
	ptrace(PTRACE_DETACH, each->pid, 0, 0);
	each->pid = 0;
}

static void hit(struct traced *each, const struct __ptrace_syscall_info *call, enum action action, int error)
{
	if (action == GARBLE) garble(each->pid, call, error);
	if (action == HOLD) each->held = 1;
	if (action == FAIL) {
		spoil(each->pid);
		each->error = error;
	}
	printf("hit %d\n", each->pid);
}

static void enter_stage(struct traced *each, const struct __ptrace_syscall_info *call)
{
	/* Every program begins with this one. */
	if (each->call < 0) {
		if (call->entry.nr != SYS_prctl || call->entry.args[0] != PR_SET_DUMPABLE) return;
		each->order = next_order++;
	}
	each->call++;
	if (each->order == stage_rule.record) printf("call %ld %ld\n", (long)call->entry.nr, (long)call->entry.args[0]);
	if (stage_rule.action == NOTHING || each->order < stage_rule.order || each->call != stage_rule.call) return;
	hit(each, call, stage_rule.action, stage_rule.error);
	stage_rule.action = NOTHING;
}

static void enter_helper(struct traced *each, const struct __ptrace_syscall_info *call)
{
	int known = 0;
	if (helper_rule.action != HOLD && each->pid != leader) return;
	for (int i = 0; i < helper_rule.count; i++) known |= helper_rule.numbers[i] == (long)call->entry.nr;
	if (!known || helper_rule.action == NOTHING || !is_about(each->pid, call, helper_rule.text) || helper_rule.left-- > 0) return;
	hit(each, call, helper_rule.action, helper_rule.error);
	helper_rule.action = NOTHING;
}

static void at_call(struct traced *each)
{
	struct __ptrace_syscall_info call;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, each->pid, sizeof call, &call) <= 0) return;
	if (call.op == PTRACE_SYSCALL_INFO_ENTRY) {
		/* It stays as an init: from here on it is the test's. */
		if (each->kind == STAGE && call.entry.nr == SYS_rt_sigtimedwait) {
			let_go(each);
			return;
		}
		if (each->kind == STAGE) enter_stage(each, &call);
		if (each->kind == HELPER) enter_helper(each, &call);
	} else if (call.op == PTRACE_SYSCALL_INFO_EXIT && each->error) {
		answer(each->pid, -each->error);
		each->error = 0;
	}
	if (!each->held) go_on(each, 0);
}

static const int options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

/* A child's first stop may be seen before or after its parent's. */
static void at_birth(struct traced *parent, int event)
{
	unsigned long pid;
	ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid);
	struct traced *child = add(pid, UNKNOWN);
	if (parent->kind == HELPER) child->kind = event == PTRACE_EVENT_CLONE ? HELPER : SPAWNED;
	else {
		child->kind = STAGE;
		child->order = parent->order;
		child->call = parent->call;
	}
	if (child->stopped) go_on(child, 0);
	/* Of a stage the child goes on with the program, and the parent leaves or is an init. */
	if (parent->kind == STAGE) let_go(parent);
	else go_on(parent, 0);
}

static void at_exec(struct traced *each)
{
	if (each->kind != SPAWNED) {
		let_go(each); /* the sandbox's command */
		return;
	}
	each->kind = STAGE;
	ptrace(PTRACE_SETOPTIONS, each->pid, 0, options | PTRACE_O_TRACEFORK);
	go_on(each, 0);
}

static void at_stop(pid_t pid, int status)
{
	struct traced *each = find(pid);
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		if (each) each->pid = 0;
		return;
	}
	if (!each) each = add(pid, UNKNOWN);
	each->stopped = 1;
	int event = status >> 16;
	if (each->kind == UNKNOWN) return;
	if (event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE) at_birth(each, event);
	else if (event == PTRACE_EVENT_EXEC) at_exec(each);
	else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) at_call(each);
	else if (event == PTRACE_EVENT_STOP) go_on(each, 0);
	else go_on(each, WSTOPSIG(status));
}

/* It was started for the next program. Once it was stopped it goes on call by call. */
static void attach_waiting(pid_t task)
{
	char path[64], name[32];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", leader, task);
	FILE *children = fopen(path, "r");
	for (int pid; children && fscanf(children, "%d", &pid) == 1;) {
		snprintf(path, sizeof path, "/proc/%d/comm", pid);
		FILE *comm = fopen(path, "r");
		int is_waiting = comm && fgets(name, sizeof name, comm) && strcmp(name, "burrow-spare\n") == 0;
		if (comm) fclose(comm);
		if (!is_waiting || ptrace(PTRACE_SEIZE, pid, 0, options | PTRACE_O_TRACEFORK)) continue;
		add(pid, STAGE);
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	}
	if (children) fclose(children);
}

static void attach(const char *pid)
{
	char path[64];
	leader = atoi(pid);
	snprintf(path, sizeof path, "/proc/%s/task", pid);
	DIR *tasks = opendir(path);
	for (struct dirent *task; tasks && (task = readdir(tasks));) {
		pid_t tid = atoi(task->d_name);
		if (tid && ptrace(PTRACE_SEIZE, tid, 0, options) == 0) add(tid, HELPER);
		if (tid) attach_waiting(tid);
	}
	if (tasks) closedir(tasks);
}

static enum action action_of(const char *word)
{
	return strcmp(word, "hold") == 0 ? HOLD : strcmp(word, "garble") == 0 ? GARBLE : FAIL;
}

/* Threads that run on are stopped, so that they go on call by call. */
static void watch_helper(char **words)
{
	helper_rule.count = 0;
	for (char *number; helper_rule.count < MAX_NUMBERS && (number = strsep(&words[1], ","));)
		helper_rule.numbers[helper_rule.count++] = atol(number);
	snprintf(helper_rule.text, sizeof helper_rule.text, "%s", words[2]);
	helper_rule.left = atol(words[3]);
	helper_rule.error = atoi(words[5]);
	helper_rule.action = action_of(words[4]);
	for (int i = 0; i < MAX_TRACED; i++)
		if (traced[i].pid && traced[i].kind == HELPER && !traced[i].stopped) ptrace(PTRACE_INTERRUPT, traced[i].pid, 0, 0);
}

static void perform(char *line)
{
	char *words[MAX_WORDS] = { 0 };
	for (int i = 0; i < MAX_WORDS && line; i++) words[i] = strsep(&line, " ");
	if (strcmp(words[0], "attach") == 0) attach(words[1]);
	else if (strcmp(words[0], "record") == 0) stage_rule.record = next_order + atoi(words[1]);
	else if (strcmp(words[0], "stage") == 0) {
		stage_rule.order = next_order + atoi(words[1]);
		stage_rule.call = atol(words[2]);
		stage_rule.action = action_of(words[3]);
		stage_rule.error = atoi(words[4]);
	} else if (strcmp(words[0], "helper") == 0) watch_helper(words);
	else if (strcmp(words[0], "forget") == 0) {
		stage_rule.action = helper_rule.action = NOTHING;
		stage_rule.record = -1;
	} else if (strcmp(words[0], "release") == 0) {
		for (int i = 0; i < MAX_TRACED; i++)
			if (traced[i].pid && traced[i].held) {
				traced[i].held = 0;
				go_on(&traced[i], 0);
			}
	}
	printf("ok\n");
}

/* @return false at the end of the input */
static int listen_once(void)
{
	static char input[8192];
	static size_t filled;
	ssize_t got = read(0, input + filled, sizeof input - 1 - filled);
	if (got <= 0) return 0;
	filled += got;
	input[filled] = 0;
	for (char *end; (end = strchr(input, '\n'));) {
		*end = 0;
		perform(input);
		filled -= end + 1 - input;
		memmove(input, end + 1, filled + 1);
	}
	return 1;
}

int main(void)
{
	die_with_parent();
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	struct pollfd sources[2] = { { .fd = 0, .events = POLLIN }, { .fd = signalfd(-1, &children, SFD_CLOEXEC), .events = POLLIN } };
	for (;;) {
		struct signalfd_siginfo signal;
		fflush(stdout);
		if (poll(sources, 2, -1) < 0 && errno != EINTR) return 1;
		if (sources[1].revents && read(sources[1].fd, &signal, sizeof signal) < 0) return 1;
		int status;
		for (pid_t pid; (pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0;) at_stop(pid, status);
		if (sources[0].revents && !listen_once()) return 0;
	}
}
