; Counts on its stack how often it woke from a short sleep: once every PULSE as long as whoever is
; above it leaves it the processor.

const PULSE = 20000                     ; ns

pulse:
    push    0
.next:
    inc     qword ptr [rsp]
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    lea     r15, [rsi + PULSE]
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    jmp     .next
