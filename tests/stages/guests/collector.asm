; Prints the badge of each message, `from BADGE`, and answers it. Of lower priority than its senders, it
; first looks when all of them are queued.

collector:
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    push    rdi
    lea     rsi, [rip + text_from]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve

text_from:
    .asciz  "from "
