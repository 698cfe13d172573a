; Text on every device that there is.
;
; `print_text` is called with rbx = text that a zero byte ends, `put_char` with dil = a character. On the
; screen, newline, carriage return, backspace and tab move the cursor and other control characters show
; nothing; COM1 has a terminal behind it that knows all of them. rbp = STATE.

const TAB_STOP = 8                      ; columns, a power of two; a line has a multiple of it

print_text:
    movzx   edi, byte ptr [rbx]
    test    edi, edi
    jz      .end
    call    put_char
    inc     rbx
    jmp     print_text
.end:
    ret

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
