; Owns a port, touches it whenever it is called, and answers with LENGTH words, which the test writes
; behind this.

const PORT = 0x80

porter:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    in      al, PORT
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | LENGTH
    jmp     .serve
