; One link of a chain of callers: calls the next, which never answers.

link:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.next
    syscall
