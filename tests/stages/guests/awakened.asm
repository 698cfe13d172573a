; Faults once, lets its equals run, and then serves.

awakened:
    ud2
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
