#!/bin/sh
# Whether a process that is stopped by a signal gets it after its tracer has exited depends on how the tracer waited.
# ptrace(2) says that the kernel detaches and restarts what a tracer leaves behind; not that wait4(2) takes the signal away with the
# status. A tracer that looked with waitid(WNOWAIT), and exits in the same state, leaves the signal to be delivered.
# Seen: Linux 6.18, x86_64. Needs cc.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/lost.c" <<'C'
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int said[2];

static void got(int number)
{
    (void)number;
    if (write(said[1], "x", 1) != 1) _exit(1);
}

/* The tracee says when it is ready, and once more when the signal has reached its handler. */
static pid_t tracee(void)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    signal(SIGUSR1, got);
    got(0);
    for (;;) pause();
}

static void tracer(pid_t pid, int ready, int looks_only)
{
    siginfo_t seen;
    int status;
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) perror("PTRACE_SEIZE"), _exit(1);
    if (write(ready, "x", 1) != 1) _exit(1);
    if (looks_only) waitid(P_PID, pid, &seen, WSTOPPED | WNOWAIT | __WALL);
    else wait4(pid, &status, __WALL, NULL);
    _exit(0);
}

static void contest(int looks_only)
{
    char byte;
    int ready[2];
    if (pipe(said) != 0 || pipe(ready) != 0) exit(2);
    pid_t traced = tracee();
    if (read(said[0], &byte, 1) != 1) exit(2);
    pid_t by = fork();
    if (by == 0) tracer(traced, ready[1], looks_only);
    if (read(ready[0], &byte, 1) != 1) exit(2);
    kill(traced, SIGUSR1);
    waitpid(by, NULL, 0);
    /* Long enough for its handler to have run. */
    usleep(300000);
    kill(traced, SIGKILL);
    waitpid(traced, NULL, 0);
    close(said[1]);
    printf("%s: the signal %s\n", looks_only ? "waitid(WNOWAIT)" : "wait4", read(said[0], &byte, 1) == 1 ? "arrives" : "is lost");
    fflush(stdout);
}

int main(void)
{
    contest(0);
    contest(1);
    return 0;
}
C
cc -Wall -o "$folder/lost" "$folder/lost.c"

echo "Linux $(uname -r), $(uname -m)"
"$folder/lost" | tee "$folder/seen"
printf 'wait4: the signal is lost\nwaitid(WNOWAIT): the signal arrives\n' >"$folder/expected"
cmp "$folder/seen" "$folder/expected" || { echo 'That has changed.' >&2; exit 1; }
