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
    jae     show_char
    cmp     dil, '\n'
    je      show_char
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
    call    show_char
    call    find_cursor
    test    al, TAB_STOP - 1
    jnz     screen_tab
    ret

screen_back:
    call    find_cursor
    sub     eax, 1
    jnc     move_cursor
    ret

screen_return:
    call    find_cursor
    mov     esi, eax
    xor     edx, edx
    mov     ecx, COLUMNS
    div     ecx
    mov     eax, esi
    sub     eax, edx
    jmp     move_cursor

; What drivers.asm and pixels.asm have for the two kinds of screen, with the same arguments.

show_char:
    test    byte ptr [rbp + DEVICES], PIXELS_BIT
    jnz     pixel_char
    jmp     screen_char

find_cursor:
    test    byte ptr [rbp + DEVICES], PIXELS_BIT
    jnz     pixel_cursor
    jmp     read_cursor

move_cursor:
    test    byte ptr [rbp + DEVICES], PIXELS_BIT
    jnz     move_pixel_cursor
    jmp     write_cursor
