; A program for the supervisor to start: says its name and what it finds at its start, and exits with code 0.
;       greeter RSP FIRST-WORD-OF-ITS-STACK BUFFER-WORD

greeter:
    push    qword ptr [rsp - 8]
    lea     rsi, [rip + text_name]
    call    add_text
    lea     rdi, [rsp + 8]
    call    add_hex
    lea     rsi, [rip + text_space]
    call    add_text
    pop     rdi
    call    add_hex
    lea     rsi, [rip + text_space]
    call    add_text
    mov     eax, User.BUFFER
    mov     rdi, [rax]
    call    add_hex
    call    flush
    xor     edi, edi
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall

text_name:
    .asciz  "greeter "
text_space:
    .asciz  " "
