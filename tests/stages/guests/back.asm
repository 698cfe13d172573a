; Answers a call with what it got itself for trying two things it must not do meanwhile: word 0 = rax of
; calling its client back, word 1 = rax of receiving while it owes a reply.

back:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     edi, cap.client
    xor     eax, eax                    ; Call.CALL, no words
    syscall
    push    rax
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     rdx, rax
    pop     rsi
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve
