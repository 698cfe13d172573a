; The end of a chain: is ready for ever, and receives nothing.

idler:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    jmp     idler
