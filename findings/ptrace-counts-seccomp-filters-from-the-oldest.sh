#!/bin/sh
# PTRACE_SECCOMP_GET_FILTER numbers a thread's seccomp filters from the oldest.
# ptrace(2) of man-pages, the commit that brought the request (Linux 4.4) and books on the matter say the opposite: 0 is the one that
# was installed last. Whoever copies filters in that order installs them backwards, and one that forbids seccomp(2) then stops the rest.
# Seen: Linux 6.18, x86_64. Needs root, cc, and a kernel with CONFIG_CHECKPOINT_RESTORE.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/order.c" <<'C'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

/* Both allow everything; what tells them apart is how many instructions they have. */
static void install(unsigned short length)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { length, code + 2 - length };
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(1);
}

int main(void)
{
    int ready[2];
    char byte;
    if (pipe(ready) != 0) return 2;
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(1);
        install(1);
        install(2);
        if (write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    if (read(ready[0], &byte, 1) != 1) return 2;
    if (ptrace(PTRACE_SEIZE, child, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, child, 0, 0) != 0) return perror("ptrace"), 2;
    waitpid(child, NULL, 0);
    for (long index = 0; index < 2; index++) {
        long length = ptrace(PTRACE_SECCOMP_GET_FILTER, child, index, NULL);
        if (length < 0) perror("PTRACE_SECCOMP_GET_FILTER");
        printf("index %ld: the filter with %ld instruction(s), installed %s\n", index, length, length == 1 ? "first" : "last");
    }
    kill(child, SIGKILL);
    return 0;
}
C
cc -Wall -o "$folder/order" "$folder/order.c"

echo "Linux $(uname -r), $(uname -m)"
"$folder/order" | tee "$folder/seen"
printf 'index 0: the filter with 1 instruction(s), installed first\nindex 1: the filter with 2 instruction(s), installed last\n' >"$folder/expected"
cmp "$folder/seen" "$folder/expected" || { echo 'That has changed.' >&2; exit 1; }
echo 'Index 0 is the filter that was installed first.'
