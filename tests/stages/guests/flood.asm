; Calls without end.

flood:
    mov     edi, cap.echo
    xor     eax, eax                    ; Call.CALL, no words
    syscall
    jmp     flood
