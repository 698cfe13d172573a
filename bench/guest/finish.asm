; Ends the emulator with the code in word 0 of the first message.

finish:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     eax, esi
    mov     dx, DebugExit.PORT
    out     dx, al
.wait:
    jmp     .wait
