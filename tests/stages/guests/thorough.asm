; A supervisor that asks a server before it lets its ward go on behind the instruction of two bytes that
; faulted.

const INSTRUCTION = 2

thorough:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    add     r8, INSTRUCTION             ; word 2: rip
    push    r8
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.server
    syscall
    pop     rdx
    mov     esi, FaultReply.RESUME
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve
