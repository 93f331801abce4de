/* Where a program without a C library begins: the kernel's stack is aligned, and `run` never returns. */
#pragma once

static void __attribute__((noreturn, used)) run(void);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall run\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tb run\n");
#endif
