; Answers every signal with one.

peer:
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     edi, cap.bell
    mov     eax, Call.SIGNAL << Abi.NUMBER_SHIFT
    syscall
    jmp     peer
