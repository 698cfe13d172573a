; Runs when nobody else is ready, and ends the run as passed.

last:
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
