; Yields until PERIOD has passed, then ends the run as passed: its other half is last.asm. For a machine
; whose time-stamp counter counts nanoseconds.

const PERIOD = 40_000_000               ; 40 ms

referee:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    add     rax, PERIOD
    push    rax
.wait:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    cmp     rax, [rsp]
    jb      .wait
    jmp     last
