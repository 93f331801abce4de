#include <sys/types.h>
#include <sys/ptrace.h>

/* At its beginning: it is not made. */
void spoil(pid_t pid);

/* At its end: what it returns. */
void answer(pid_t pid, long result);

/* Does it have this text in a path, or in where its descriptor leads? */
int is_about(pid_t pid, const struct __ptrace_syscall_info *call, const char *text);

/* Of the messages of netlink(7) that it sends, this one gets a type that no kernel knows. */
void garble(pid_t pid, const struct __ptrace_syscall_info *call, int which);
