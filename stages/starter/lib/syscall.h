/* The system-call instruction as a function: the only place that knows in which register a word travels. */
#ifndef SYSCALL_H
#define SYSCALL_H

#include <stdint.h>

/* Always: what is not inlined would have to pass its words through memory. */
#define K_INLINE static inline __attribute__((always_inline))

/* SYSCALL: only rsp survives it, the vector registers included. The ten words are bound to the registers in
 * which they travel, so that a compiler that sees the whole call neither loads what is there already nor
 * stores what nobody reads. rbp cannot be named where it is the frame pointer: word 9 comes and goes in
 * rcx, and rbp is kept below what may be a red zone. Nothing else writes there: the kernel uses no task's stack. */
K_INLINE uint64_t k_syscall(uint64_t rax, uint64_t *rdi, uint64_t deadline, uint64_t *words)
{
    register uint64_t rsi __asm__("rsi") = words[0];
    register uint64_t rdx __asm__("rdx") = words[1];
    register uint64_t r8 __asm__("r8") = words[2];
    register uint64_t r9 __asm__("r9") = words[3];
    register uint64_t r10 __asm__("r10") = words[4];
    register uint64_t rbx __asm__("rbx") = words[5];
    register uint64_t r12 __asm__("r12") = words[6];
    register uint64_t r13 __asm__("r13") = words[7];
    register uint64_t r14 __asm__("r14") = words[8];
    register uint64_t rcx __asm__("rcx") = words[9];
    register uint64_t r15 __asm__("r15") = deadline;
    __asm__ volatile(
        "mov %%rbp, -136(%%rsp)\n\t"
        "mov %%rcx, %%rbp\n\t"
        "syscall\n\t"
        "mov %%rbp, %%rcx\n\t"
        "mov -136(%%rsp), %%rbp"
        : "+a"(rax), "+D"(*rdi), "+r"(rsi), "+r"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(rbx),
          "+r"(r12), "+r"(r13), "+r"(r14), "+r"(rcx), "+r"(r15)
        :
        : "r11", "cc", "memory"
#ifdef __SSE__
        , "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)",
        "st(5)", "st(6)", "st(7)"
#endif
    );
    words[0] = rsi;
    words[1] = rdx;
    words[2] = r8;
    words[3] = r9;
    words[4] = r10;
    words[5] = rbx;
    words[6] = r12;
    words[7] = r13;
    words[8] = r14;
    words[9] = rcx;
    return rax;
}

#endif
