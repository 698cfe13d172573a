; Text mode, on a VGA that no firmware has touched: what a video BIOS does for mode 3.
;
; `text_mode` is called in flat 32-bit protected mode with a stack, and does nothing where there is no
; VGA. Its tables, which hold every register's value, are generated (textmode.py). It may use every
; register. What is on the screen is left to the kernel, which blanks it.

const GLYPHS        = 256
const GLYPH_ROOM    = 32                ; bytes of the second plane for each, whatever its height
const NO_VGA        = 0xff              ; what an empty bus reads

text_mode:
    mov     dx, Vga.MISC_READ
    in      al, dx
    cmp     al, NO_VGA
    je      .end
    mov     dx, Vga.MISC_WRITE
    mov     al, VGA_MISC
    out     dx, al
    mov     esi, vga_to_font
    call    vga_write
    mov     esi, vga_font
    mov     edi, Device.FONT
    mov     ebx, GLYPHS
.next_glyph:
    mov     ecx, VGA_GLYPH / 4
    rep movsd
    add     edi, GLYPH_ROOM - VGA_GLYPH
    dec     ebx
    jnz     .next_glyph
    mov     esi, vga_mode
    call    vga_write
    mov     dx, Vga.INPUT_STATUS_1
    in      al, dx                      ; the next write is an index
    mov     dx, Vga.ATTRIBUTE_WRITE
    mov     esi, vga_attributes
    xor     ecx, ecx
.next_attribute:
    mov     al, cl
    out     dx, al
    lodsb
    out     dx, al
    inc     ecx
    cmp     ecx, vga_attributes_end - vga_attributes
    jb      .next_attribute
    mov     al, AttributeIndex.show
    out     dx, al
    mov     dx, Vga.PALETTE_MASK
    mov     al, 0xff
    out     dx, al
    mov     dx, Vga.PALETTE_WRITE_INDEX
    xor     eax, eax
    out     dx, al
    mov     dx, Vga.PALETTE_DATA        ; the index goes on by itself
    mov     esi, vga_dac
    mov     ecx, vga_dac_end - vga_dac
    rep outsb
.end:
    ret

; Writes what the table at esi says: a port, then a register's number with its value; a zero ends it.
vga_write:
    lodsw
    mov     edx, eax
    test    ax, ax
    jz      .end
    lodsw
    out     dx, ax                      ; index and data in one write
    jmp     vga_write
.end:
    ret
