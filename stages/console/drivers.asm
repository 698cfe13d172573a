; VGA text mode and COM1, by nothing but ports and the screen's memory.
;
; The kernel's console and the console server in ring 3 are both made of this: the unit that includes
; it says where it sees the screen in the constant SCREEN. Every function may be called from either;
; they use rax, rcx, rdx, rsi and rdi, and keep the rest.

const COLUMNS       = Device.TEXT_COLUMNS
const ROWS          = Device.TEXT_ROWS
const ROW_BYTES     = COLUMNS * 2
const BLANK         = 0x0720            ; light grey on black, a space
const BLANKS        = BLANK << 48 | BLANK << 32 | BLANK << 16 | BLANK
const NO_DEVICE     = 0xff              ; what an empty bus reads
const SCRATCH_PROBE = 0x5a
const PATIENCE      = 0x10000           ; looks at a line that is held: then the byte is lost

; ZF clear when there is a VGA.
probe_screen:
    mov     dx, Vga.MISC_READ
    in      al, dx
    cmp     al, NO_DEVICE
    ret

; ZF clear when there is a COM1: a UART keeps what is written to its scratch register.
probe_serial:
    mov     dx, Com1.SCRATCH
    mov     al, SCRATCH_PROBE
    out     dx, al
    in      al, dx
    cmp     al, SCRATCH_PROBE
    sete    al
    test    al, al
    ret

; Sends dil over COM1, with a carriage return before each newline.
serial_char:
    cmp     dil, '\n'
    jne     .send
    push    rdi
    mov     edi, '\r'
    call    .send
    pop     rdi
.send:
    mov     dx, Com1.LINE_STATUS
    mov     ecx, PATIENCE
.wait:
    in      al, dx
    test    al, LineStatus.transmit_ready
    jnz     .ready
    dec     ecx
    jnz     .wait
.ready:
    mov     dx, Com1.DATA
    mov     eax, edi
    out     dx, al
    ret

; Puts dil at the cursor and moves it; the last line scrolls.
screen_char:
    call    read_cursor                 ; eax = cell
    cmp     eax, COLUMNS * ROWS         ; its register is whoever's has the ports
    jb      .on_screen
    xor     eax, eax
.on_screen:
    cmp     dil, '\n'
    je      .newline
    mov     rdx, SCREEN
    mov     byte ptr [rdx + rax * 2], dil
    mov     byte ptr [rdx + rax * 2 + 1], BLANK >> 8
    inc     eax
    jmp     .moved
.newline:
    xor     edx, edx
    mov     ecx, COLUMNS
    div     ecx
    inc     eax
    imul    eax, eax, COLUMNS
.moved:
    cmp     eax, COLUMNS * ROWS
    jb      write_cursor
    call    scroll
    mov     eax, COLUMNS * (ROWS - 1)
    jmp     write_cursor

; Moves every line one up and blanks the last.
scroll:
    mov     rdi, SCREEN
    lea     rsi, [rdi + ROW_BYTES]
    mov     ecx, ROW_BYTES * (ROWS - 1) / 8
    rep movsq
    mov     rax, BLANKS
    mov     ecx, ROW_BYTES / 8
    rep stosq
    ret

; Blanks the screen and puts the cursor in its first cell.
clear_screen:
    mov     rdi, SCREEN
    mov     rax, BLANKS
    mov     ecx, ROW_BYTES * ROWS / 8
    rep stosq
    xor     eax, eax
    ; fall through

; Puts the cursor on cell eax, counted from the first of the first line.
write_cursor:
    mov     ecx, eax
    mov     dx, Crtc.INDEX
    mov     al, CrtcRegister.CURSOR_LOW
    mov     ah, cl                      ; index and data in one 16-bit write
    out     dx, ax
    mov     al, CrtcRegister.CURSOR_HIGH
    mov     ah, ch
    out     dx, ax
    ret

; Returns the cursor's cell in eax.
read_cursor:
    mov     dx, Crtc.INDEX
    mov     al, CrtcRegister.CURSOR_HIGH
    out     dx, al
    mov     dx, Crtc.DATA
    in      al, dx
    movzx   ecx, al
    shl     ecx, 8
    mov     dx, Crtc.INDEX
    mov     al, CrtcRegister.CURSOR_LOW
    out     dx, al
    mov     dx, Crtc.DATA
    in      al, dx
    movzx   eax, al
    or      eax, ecx
    ret
