; Reads and writes ports as the rows say that the test writes behind this. A refused row tells the
; doctor to go on at its label; after each, another task may run and open its own ports.

taker:
    jmp     rows

next_task:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    ret

done:
    xor     edi, edi
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall

rows:
