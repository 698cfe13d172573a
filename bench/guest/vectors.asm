; Answers every call with the words it came with, like `pong`, and uses a vector register each time: what a
; call between two tasks with vector registers has to keep from either is there.

vectors:
    mov     edi, Receive.MESSAGES | Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    movq    xmm0, rsp
    add     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
