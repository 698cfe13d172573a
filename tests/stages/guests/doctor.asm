; A supervisor that does what its patient says, and prints what the kernel told of it:
;       told RAX BADGE WORD-0 … WORD-9
; The patient's rax (word 6) is the FaultReply, its rdi (word 7) the address to resume at. A fault at PAGE
; has that page mapped in the patient's Space first. A patient that exits with RETRIED goes on behind its
; call; with any other code it stops.

const PAGE    = 0x500000
const RETRIED = 0xa6a1
const FIRST   = 0                       ; places on the stack
const BADGE   = 8
const WORDS   = 16
const FRAME   = WORDS + 10 * 8

doctor:
    sub     rsp, FRAME
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     [rsp + FIRST], rax
    mov     [rsp + BADGE], rdi
    mov     [rsp + WORDS + 0 * 8], rsi
    mov     [rsp + WORDS + 1 * 8], rdx
    mov     [rsp + WORDS + 2 * 8], r8
    mov     [rsp + WORDS + 3 * 8], r9
    mov     [rsp + WORDS + 4 * 8], r10
    mov     [rsp + WORDS + 5 * 8], rbx
    mov     [rsp + WORDS + 6 * 8], r12
    mov     [rsp + WORDS + 7 * 8], r13
    mov     [rsp + WORDS + 8 * 8], r14
    mov     [rsp + WORDS + 9 * 8], rbp
    lea     rsi, [rip + text_told]
    call    add_text
    call    send
    push    0
.print:
    lea     rsi, [rip + text_space]
    call    add_text
    mov     rax, [rsp]
    mov     rdi, [rsp + 8 + rax * 8]
    call    add_hex
    call    send
    inc     qword ptr [rsp]
    cmp     qword ptr [rsp], FRAME / 8
    jb      .print
    pop     rax
    call    flush
    cmp     qword ptr [rsp + WORDS], FaultKind.EXIT << 8
    je      .exit
    mov     eax, PAGE
    cmp     [rsp + WORDS + 3 * 8], rax
    jne     .as_told
    mov     edi, cap.page
    mov     esi, cap.patient
    mov     edx, PAGE
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
.as_told:
    mov     rsi, [rsp + WORDS + 6 * 8]
    mov     rdx, [rsp + WORDS + 7 * 8]
    jmp     .answer
.exit:
    mov     esi, FaultReply.STOP
    mov     eax, FaultReply.RETRY
    cmp     qword ptr [rsp + WORDS + 3 * 8], RETRIED
    cmove   esi, eax
.answer:
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve

text_told:
    .asciz  "told"
text_space:
    .asciz  " "
