; The end of a chain: waits for a signal that nobody sends, and receives nothing.

idler:
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    jmp     idler
