; Sends the time-stamp counter about once a millisecond, lowest byte first, so that the host can tell how
; many ticks a second has. 32-bit code.

const PAUSE = 1000000                   ; iterations; fewer would fill the line faster than it is read

clock:
    mov     ecx, PAUSE
.wait:
    dec     ecx
    jnz     .wait
    rdtsc
    mov     ebx, edx
    call    send_four
    mov     eax, ebx
    call    send_four
    jmp     clock

; Sends eax.
send_four:
    mov     dx, Com1.DATA
    mov     ecx, 4
.next:
    out     dx, al
    shr     eax, 8
    dec     ecx
    jnz     .next
    ret
