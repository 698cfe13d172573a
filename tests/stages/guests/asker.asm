; Calls a server once and says which badge the reply told.

asker:
    mov     edi, cap.server
    xor     eax, eax
    syscall
    push    rsi
    lea     rsi, [rip + text_back]
    call    add_text
    pop     rdi
    call    add_decimal
    call    flush
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

text_back:
    .asciz  "back "
