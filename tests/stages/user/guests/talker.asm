; Says the test's text, `text_said`, once: half a second after boot.

const BEDTIME = 500000000               ; ns

talker:
    mov     r15d, BEDTIME
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    lea     rsi, [rip + text_said]
    call    add_text
    call    send
    xor     edi, edi
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
