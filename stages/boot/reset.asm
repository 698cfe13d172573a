; The reset vector: the first instruction that the processor executes, 16 bytes below 4 GiB.
;
; Entered in real mode with CS on the base FFFF0000h; a near jump keeps it there. Leaves to
; `rom_entry` (rom.asm).

    .org    0x1ff0                      ; this unit is the last 8 KiB
    .code16
reset_vector:
    jmp     rom_entry
    .org    0x2000
