; Answers every fault of `measure` with RESUME behind the two-byte instruction that raised it.

const UD2_BYTES = 2

pager:
    mov     edi, Receive.MESSAGES | Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     pager
    mov     esi, FaultReply.RESUME
    lea     rdx, [r8 + UD2_BYTES]
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve
