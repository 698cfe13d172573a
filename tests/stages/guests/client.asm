; Performs the generated table of calls.asm, `rows`, and ends the run as passed.

const OWN_FILL     = 0x60000000
const PARTNER_FILL = 0x5e000000

client:
    lea     rsi, [rip + rows]
    call    run_table
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
