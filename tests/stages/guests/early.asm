; Gives the processor up after 7 tenths of a slice, again and again. For a machine whose time-stamp
; counter counts nanoseconds.

const PART = Slice.MICROSECONDS * 700   ; nanoseconds

early:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    lea     rbx, [rax + PART]
.wait:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    cmp     rax, rbx
    jb      .wait
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    jmp     early
