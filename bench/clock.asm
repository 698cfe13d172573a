; Sends the low 32 bits of the time-stamp counter about once a millisecond, lowest byte first, so that
; the host can tell how many ticks a second has. 32-bit code.

const PAUSE = 1000000                   ; iterations; fewer would fill the line faster than it is read

clock:
    mov     ecx, PAUSE
.wait:
    dec     ecx
    jnz     .wait
    rdtsc
    mov     dx, Com1.DATA
    out     dx, al
    shr     eax, 8
    out     dx, al
    shr     eax, 8
    out     dx, al
    shr     eax, 8
    out     dx, al
    jmp     clock
