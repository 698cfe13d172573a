; Faults once, with an instruction of two bytes, and says when it is let go on.

survivor:
    ud2
    lea     rsi, [rip + text_on]
    call    add_text
    call    flush
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

text_on:
    .asciz  "goes on"
