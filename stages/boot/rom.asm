; Boot without firmware: this is what the machine has at its reset vector.
;
; The processor begins in real mode 16 bytes below 4 GiB (reset.asm) with CS = F000h on the base
; FFFF0000h, where the end of our ROM lies; nothing has been set up. RAM works, and address line 20
; is open: so begin the machines of QEMU and Bochs, and no board whose memory controller must be
; programmed first. This unit is linked where it is copied to in RAM, at the same offset in segment 0
; as it has in the ROM's last 64 KiB, so that in real mode all its addresses hold for both. It copies
; the kernel out of the ROM, takes the memory map (fwcfg.asm), makes text mode where there is a VGA
; (textmode.asm), and leaves to `long_entry` (long.asm) with
;       esi = the memory map, ecx = its entries, edx = 0: no screen of pixels, ebp = BootPath.ROM.

const MAP           = 0x1000            ; the memory map is collected here: all below the code is free

    .code16
rom_entry:
    cli
    cld
    xor     ax, ax
    mov     es, ax
    mov     si, rom_entry
    mov     di, si
    mov     cx, rom.code_dwords
    .byte   0x2e                        ; the next reads from CS: all of this unit
    rep movsd
    mov     ds, ax
    lgdt    [flat_gdt_pointer]
    mov     eax, cr0
    or      al, Cr0.protection_enable
    mov     cr0, eax
    jmp     far FLAT_CODE:protected     ; in RAM from here on

    .code32
protected:
    mov     ax, FLAT_DATA
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     esp, rom_entry              ; the stack grows down from this code
    mov     esi, rom.kernel
    mov     edi, Kernel.PHYSICAL
    mov     ecx, rom.kernel_dwords
    rep movsd
    call    text_mode
    call    memory_map                  ; ecx = entries, edx = 0
    mov     esi, MAP
    mov     ebp, BootPath.ROM
    jmp     long_entry
