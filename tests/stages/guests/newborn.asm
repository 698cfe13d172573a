; Says what its registers and flags held at its first instruction: the flags, rsp, then the others.

const PUSHED = 17

newborn:
    push    rax
    push    rbx
    push    rcx
    push    rdx
    push    rsi
    push    rdi
    push    rbp
    push    r8
    push    r9
    push    r10
    push    r11
    push    r12
    push    r13
    push    r14
    push    r15
    lea     rax, [rsp + 15 * 8]
    push    rax
    pushfq
    lea     rsi, [rip + text_newborn]
    call    add_text
    mov     ebx, PUSHED
.next:
    lea     rsi, [rip + text_space]
    call    add_text
    pop     rdi
    call    add_hex
    push    rbx
    call    send
    pop     rbx
    dec     ebx
    jnz     .next
    call    flush
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

text_newborn:
    .asciz  "newborn"
text_space:
    .asciz  " "
