; A server that faults at every message, and serves once its supervisor lets it go on at `on`: the
; doctor finds the address in rdi and what to do in rax, which is ANSWER. The test writes that behind this.

const WAKE_TIME = 20000000              ; ns since boot: all its senders are queued then

stumbling:
    xor     edi, edi                    ; neither messages nor signals
    mov     r15d, WAKE_TIME
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    mov     edi, Receive.MESSAGES
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
