; Waits at the gate while two clients come to wait for it; then answers the first, takes the second's
; message, and calls a server while the first is ready to do the same.

releaser:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.gate
    syscall
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    syscall
    xor     eax, eax
    mov     edi, cap.server
    syscall
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    syscall
