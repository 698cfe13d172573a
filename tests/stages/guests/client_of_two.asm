; Calls one server, then another.

client_of_two:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.first
    syscall
    xor     eax, eax
    mov     edi, cap.second
    syscall
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
