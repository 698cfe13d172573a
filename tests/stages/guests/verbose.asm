; Says whom it serves, and answers with the longest message there is.

const WAKE_TIME = 20000000              ; ns since boot: all its senders are queued then

verbose:
    xor     edi, edi                    ; neither messages nor signals
    mov     r15d, WAKE_TIME
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    mov     edi, Receive.MESSAGES
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
