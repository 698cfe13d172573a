; Performs the generated table of calls.asm, `rows`, and leaves the processor for ever.

const OWN_FILL     = 0x60000000
const PARTNER_FILL = 0x5e000000

table:
    lea     rsi, [rip + rows]
    call    run_table
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
