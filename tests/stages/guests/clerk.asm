; A server that says whom it serves, and for its senior client (badge 1) asks the archive first,
; which is of lower priority than all. Replies with the badge.

const SENIOR = 1
const BADGE  = 0                        ; places on the stack
const FRAME  = 8

clerk:
    sub     rsp, FRAME
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     [rsp + BADGE], rdi
    lea     rsi, [rip + text_serves]
    call    add_text
    mov     rdi, [rsp + BADGE]
    call    add_decimal
    call    flush
    cmp     qword ptr [rsp + BADGE], SENIOR
    jne     .reply
    mov     edi, cap.archive
    xor     eax, eax
    syscall
.reply:
    mov     rsi, [rsp + BADGE]
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve

text_serves:
    .asciz  "clerk serves "
