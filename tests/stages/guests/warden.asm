; A supervisor that tries a port when a ward has faulted, and then lets it stay stopped. It says so if
; it still lives.

const PORT = 0x80

warden:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    push    rdi
.fault:
    in      al, PORT
    lea     rsi, [rip + text_touched]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     esi, FaultReply.STOP
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve

text_touched:
    .asciz  "touched "
