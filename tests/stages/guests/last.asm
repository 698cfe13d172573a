; Runs when nobody else is ready, and ends the run as passed. Until BEDTIME there may be sleepers.

const BEDTIME = 50000000                ; ns since boot

last:
    xor     edi, edi                    ; neither messages nor signals
    mov     r15d, BEDTIME
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    lea     rsi, [rip + text_passed]
    call    add_text
    call    flush
    mov     esi, DebugExit.PASSED
    mov     edi, cap.finish
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
.wait:
    jmp     .wait

text_passed:
    .asciz  "kpack: demonstration passed"
