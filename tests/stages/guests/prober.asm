; Calls `cap.next` and prints what came back, `status RAX`. A call that waits for ever prints nothing.

prober:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.next
    syscall
    push    rax
    lea     rsi, [rip + text_status]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

text_status:
    .asciz  "status "
