; A supervisor that lets its ward go on behind the instruction of two bytes that faulted. Whoever calls
; it makes it call the ward, and say what came of that: `ward STATUS`.

const INSTRUCTION = 2

caring:
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    cmp     ah, Kind.FAULT
    je      .fault
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.ward
    syscall
    push    rax
    lea     rsi, [rip + text_ward]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
.fault:
    lea     rdx, [r8 + INSTRUCTION]     ; word 2: rip
    mov     esi, FaultReply.RESUME
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve

text_ward:
    .asciz  "ward "
