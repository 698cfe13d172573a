; A program for the supervisor to start again: says when it was started, and ends as HOW in the text behind it says.
;       lived NAME NANOSECONDS

failing:
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    push    rsi
    lea     rsi, [rip + text_lived]
    call    add_text
    lea     rsi, [rip + text_self]
    call    add_text
    lea     rsi, [rip + text_space]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     edi, CODE
    test    edi, edi
    js      .fault
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
.fault:
    ud2

text_lived:
    .asciz  "lived "
text_space:
    .asciz  " "
