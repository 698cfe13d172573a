; Passes every call on to the next server, and its answer back. All ten words stay in their registers.

relay:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     edi, cap.next
    mov     eax, Abi.REGISTER_WORDS
    syscall
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | Abi.REGISTER_WORDS
    jmp     .serve
