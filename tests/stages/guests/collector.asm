; Prints the badge of each message, `from BADGE`, and answers it. It first looks when all its senders are
; queued: it sleeps until then, because each of them would make it run at once at its own priority.

const WAKE_TIME = 20000000              ; ns since boot

collector:
    xor     edi, edi                    ; neither messages nor signals
    mov     r15d, WAKE_TIME
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    mov     edi, Receive.MESSAGES
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
