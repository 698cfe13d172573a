; A server that faults at every message, and serves once its supervisor lets it go on at `on`: the
; doctor finds the address in rdi and what to do in rax, which is ANSWER. The test writes that behind this.

stumbling:
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    push    rdi
    mov     eax, ANSWER
    lea     rdi, [rip + .on]
    ud2
.on:
    lea     rsi, [rip + text_from]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve

text_from:
    .asciz  "from "
