; A server that says whom it serves, and asks another first: for its senior client (badge 1) the
; archive, for its guest (badge 3) the basement. Replies with the badge.

const SENIOR = 1
const GUEST  = 3
const BADGE  = 0                        ; places on the stack
const FRAME  = 8

clerk:
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
    mov     edi, cap.archive
    cmp     qword ptr [rsp + BADGE], SENIOR
    je      .ask
    mov     edi, cap.basement
    cmp     qword ptr [rsp + BADGE], GUEST
    jne     .reply
.ask:
    xor     eax, eax
    syscall
.reply:
    mov     rsi, [rsp + BADGE]
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve

text_serves:
    .asciz  "clerk serves "
