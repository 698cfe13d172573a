; Text on a screen of pixels, by nothing but its memory.
;
; The kernel's console and the console server in ring 3 are both made of this. The unit that includes it
; says where it sees the pixels in the constant PIXELS; `text_screen`, `font` and `boot_info` are regions to
; the kernel and constants of the server's. What is on the screen stands in the TextScreen too, as in a
; VGA's text memory, so scrolling never reads pixels, and draws only what changes. Every function keeps all
; registers but rax, rcx, rdx, rsi and rdi. drivers.asm, which must be there too, has COLUMNS, ROWS and BLANK.

const CELLS         = COLUMNS * ROWS
const GREY          = 0xaaaaaa          ; light grey, whichever colour comes first

; Shows dil at the cursor and moves it; the last line scrolls.
pixel_char:
    call    pixel_cursor                ; eax = cell
    cmp     dil, '\n'
    je      .newline
    mov     rdx, text_screen
    mov     byte ptr [rdx + rax * 2], dil
    mov     byte ptr [rdx + rax * 2 + 1], BLANK >> 8
    push    rax
    call    draw_cell
    pop     rax
    inc     eax
    jmp     .moved
.newline:
    xor     edx, edx
    mov     ecx, COLUMNS
    div     ecx
    inc     eax
    imul    eax, eax, COLUMNS
.moved:
    cmp     eax, CELLS
    jb      move_pixel_cursor
    call    pixel_scroll
    mov     eax, COLUMNS * (ROWS - 1)
    ; fall through

; Puts the cursor on cell eax.
move_pixel_cursor:
    mov     rdx, text_screen
    mov     [rdx + TextScreen.cursor], eax
    ret

; Returns the cursor's cell in eax: one that is on the screen, whoever wrote it.
pixel_cursor:
    mov     rdx, text_screen
    mov     eax, [rdx + TextScreen.cursor]
    cmp     eax, CELLS
    jb      .on_screen
    xor     eax, eax
.on_screen:
    ret

; Moves every line one up and blanks the last.
pixel_scroll:
    push    rbx
    xor     ebx, ebx
.next:
    mov     eax, BLANK
    mov     rdx, text_screen
    cmp     ebx, COLUMNS * (ROWS - 1)
    jae     .last
    mov     ax, [rdx + rbx * 2 + COLUMNS * 2]
.last:
    cmp     ax, [rdx + rbx * 2]
    je      .same
    mov     [rdx + rbx * 2], ax
    mov     eax, ebx
    call    draw_cell
.same:
    inc     ebx
    cmp     ebx, CELLS
    jb      .next
    pop     rbx
    ret

; Blanks the text and puts the cursor in its first cell.
clear_pixels:
    push    rbx
    xor     ebx, ebx
.next:
    mov     rdx, text_screen
    mov     word ptr [rdx + rbx * 2], BLANK
    mov     eax, ebx
    call    draw_cell
    inc     ebx
    cmp     ebx, CELLS
    jb      .next
    pop     rbx
    xor     eax, eax
    jmp     move_pixel_cursor

; Draws cell eax as it stands in the TextScreen.
draw_cell:
    push    rbx
    push    rbp
    push    r8
    push    r9
    push    r10
    push    r11
    mov     rdx, text_screen
    movzx   ebx, byte ptr [rdx + rax * 2]
    imul    ebx, ebx, Glyph.size
    mov     rdx, font
    add     rbx, rdx                    ; the glyph's next line
    mov     r8, boot_info
    mov     r9d, [r8 + BootInfo.framebuffer.pitch]
    mov     r10d, [r8 + BootInfo.framebuffer.scale]
    xor     edx, edx
    mov     ecx, COLUMNS
    div     ecx
    imul    eax, eax, GlyphSize.ROWS
    imul    eax, r10d
    imul    rax, r9
    imul    edx, edx, GlyphSize.COLUMNS * GlyphSize.PIXEL
    imul    edx, r10d
    add     rax, rdx
    mov     edx, [r8 + BootInfo.framebuffer.origin]
    add     rax, rdx
    mov     rdi, PIXELS
    add     rdi, rax                    ; the line's first pixel
    mov     ebp, GlyphSize.ROWS
.row:
    mov     r11d, r10d                  ; lines of pixels that it becomes
.line:
    mov     r8, rdi
    mov     dl, [rbx]
    mov     esi, GlyphSize.COLUMNS
.column:
    shl     dl, 1
    sbb     eax, eax
    and     eax, GREY
    mov     ecx, r10d
    rep stosd
    dec     esi
    jnz     .column
    lea     rdi, [r8 + r9]
    dec     r11d
    jnz     .line
    inc     rbx
    dec     ebp
    jnz     .row
    pop     r11
    pop     r10
    pop     r9
    pop     r8
    pop     rbp
    pop     rbx
    ret
