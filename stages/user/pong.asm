; The server of the round trips: answers every call with the words it came with.
;
; Nothing touches the ten word registers between the calls, so they are the reply; rax comes as the
; word count alone (Kind.CALL and Status.OK are 0), so adding the call's number asks for as many back.

pong:
    mov     edi, Receive.MESSAGES | Receive.SIGNALS     ; what REPLY_RECV waits for: plain
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     .failed
    add     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
.failed:
    shr     eax, Abi.STATUS_SHIFT       ; the exit code is the Status
    mov     edi, eax
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
