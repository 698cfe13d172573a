; A server that needs another before it can serve: calls it once, then is archive.asm.

dependent:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.low
    syscall
    jmp     archive
