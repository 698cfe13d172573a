; The least that a bootable image can do: send one byte, U, to the first serial port. The same text is
; assembled for 16 and for 32 bits.

floor:
    mov     dx, Com1.DATA
    mov     al, 'U'
    out     dx, al
.stop:
    hlt
    jmp     .stop
