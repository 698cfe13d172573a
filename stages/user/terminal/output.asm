; One character on every device that there is.
;
; `put_char` is called with dil = the character and rbp = STATE, and keeps rbx and r8 to r15. On the screen,
; newline, carriage return, backspace and tab move the cursor and other control characters show nothing;
; COM1 has a terminal behind it that knows all of them.

const TAB_STOP = 8                      ; columns, a power of two; a line has a multiple of it

put_char:
    test    byte ptr [rbp + DEVICES], SERIAL_BIT
    jz      .no_serial
    push    rdi
    call    serial_char
    pop     rdi
.no_serial:
    test    byte ptr [rbp + DEVICES], SCREEN_BIT
    jz      .no_screen
    cmp     dil, ' '
    jae     screen_char
    cmp     dil, '\n'
    je      screen_char
    cmp     dil, '\t'
    je      screen_tab
    cmp     dil, BACKSPACE
    je      screen_back
    cmp     dil, '\r'
    je      screen_return
.no_screen:
    ret

screen_tab:
    mov     edi, ' '
    call    screen_char
    call    read_cursor
    test    al, TAB_STOP - 1
    jnz     screen_tab
    ret

screen_back:
    call    read_cursor
    sub     eax, 1
    jnc     write_cursor
    ret

screen_return:
    call    read_cursor
    mov     esi, eax
    xor     edx, edx
    mov     ecx, COLUMNS
    div     ecx
    mov     eax, esi
    sub     eax, edx
    jmp     write_cursor
