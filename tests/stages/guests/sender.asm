; Calls the collector twice, each time with its own badge alone, and then leaves the processor for ever.

sender:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.collector
    syscall
    xor     eax, eax
    mov     edi, cap.collector
    syscall
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
