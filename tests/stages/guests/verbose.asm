; Says whom it serves, and answers with the longest message there is.

verbose:
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    lea     rsi, [rip + text_from]
    push    rdi
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | Abi.MESSAGE_WORDS
    jmp     .serve

text_from:
    .asciz  "from "
