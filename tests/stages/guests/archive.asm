; A server that says whom it serves, and replies with the badge.

const BADGE = 0                         ; places on the stack
const FRAME = 8

archive:
    sub     rsp, FRAME
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     [rsp + BADGE], rdi
    lea     rsi, [rip + text_serves]
    call    add_text
    mov     rdi, [rsp + BADGE]
    call    add_decimal
    call    flush
    mov     rsi, [rsp + BADGE]
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve

text_serves:
    .asciz  "archive serves "
