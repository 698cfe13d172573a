; Calls the porter, who touches a port that only the porter has, and then tries it too.

const PORT = 0x80

intruder:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.porter
    syscall
.fault:
    in      al, PORT
    xor     edi, edi
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
