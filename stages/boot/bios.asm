; Boot from a disk or a CD by BIOS.
;
; The BIOS loads our first sector at 0000:7C00 and jumps to it in real mode, DL = the drive; it says
; nothing of the segment registers, and some BIOSes enter at 07C0:0000. The first sector loads the
; rest of this unit behind itself; of a CD (El Torito, no emulation) the BIOS has loaded all of it.
; What differs between the two, the size of a sector above all, the packer fills in. That takes the memory map (E820), opens the A20 gate, and copies
; the kernel through a bounce buffer to where it is linked, above 1 MiB, where the BIOS cannot
; write. It leaves to `long_entry` (long.asm) in 32-bit protected mode with
;       esi = the memory map, ecx = its entries, edx = 0: no screen of pixels, ebp = BootPath.BIOS.
; Whatever goes wrong is one line on the screen, and the machine stops.

const STACK         = 0x7c00            ; grows down from this code
const MAP           = 0x1000            ; the memory map is collected here: free below the stack
const BOUNCE        = 0x10000           ; segment 0x1000: sectors arrive here
const SMAP          = 0x534d4150        ; 'SMAP', which E820 wants and gives back

    .code16
bios_entry:
    cli                                 ; SS and SP change together
    xor     ax, ax
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     sp, STACK
    jmp     far 0:.normalized           ; CS becomes 0 wherever the BIOS entered
.normalized:
    sti
    cld
    mov     [drive], dl
    mov     si, loader_packet
    cmp     word ptr [si + DiskAddressPacket.count], 0
    je      load                        ; a CD
    mov     ah, 0x42                    ; extended read; DL is still the drive
    int     0x13
    jnc     load
    mov     si, text_disk
    ; fall through

; Prints the line at SI and stops. Interrupts stay on, so that Ctrl-Alt-Del works.
stop:
    lodsb
    test    al, al
    jz      .halt
    mov     ah, 0x0e                    ; teletype output
    mov     bx, 7
    int     0x10
    jmp     stop
.halt:
    hlt
    jmp     .halt

drive:
    .byte   0
text_disk:
    .asciz  "kpack: the disk cannot be read (int 13h, ah=42h)\r\n"
    .align  4
loader_packet:                          ; a DiskAddressPacket: the rest of this unit
    .byte   DiskAddressPacket.size, 0
    .word   bios.loader_sectors
    .word   loader, 0                   ; offset, segment
    .quad   1                           ; the sector after this one

    .org    512                         ; the packer puts the partition table and signature before
loader:
load:
    call    take_memory_map
    call    open_a20
.next_chunk:
    mov     cx, [sectors_left]
    jcxz    .loaded
    cmp     cx, [chunk]
    jbe     .read
    mov     cx, [chunk]
.read:
    mov     [kernel_packet + DiskAddressPacket.count], cx
    sub     [sectors_left], cx
    mov     si, kernel_packet
    mov     dl, [drive]
    mov     ah, 0x42
    int     0x13
    mov     si, text_disk
    jc      stop
    call    copy_chunk
    movzx   eax, word ptr [kernel_packet + DiskAddressPacket.count]
    add     [kernel_packet + DiskAddressPacket.lba], eax
    jmp     .next_chunk
.loaded:
    cli                                 ; there is no IDT until the kernel loads its own
    lgdt    [flat_gdt_pointer]
    mov     eax, cr0
    or      al, Cr0.protection_enable
    mov     cr0, eax
    jmp     far FLAT_CODE:protected

; Copies the chunk in the bounce buffer to `destination` and moves that on. Real mode reaches no
; address above 1 MiB: protected mode is entered for the copy alone. CS keeps its real-mode base, so
; this code goes on as it is; interrupts stay off, because their vectors are real mode's.
copy_chunk:
    movzx   ecx, word ptr [kernel_packet + DiskAddressPacket.count]
    imul    ecx, [sector_dwords]
    mov     edi, [destination]
    mov     esi, BOUNCE
    cli
    lgdt    [flat_gdt_pointer]
    mov     eax, cr0
    or      al, Cr0.protection_enable
    mov     cr0, eax
    mov     bx, FLAT_DATA
    mov     ds, bx
    mov     es, bx
    rep movsd [edi], [esi]
    and     al, ~Cr0.protection_enable & 0xff
    mov     cr0, eax
    xor     bx, bx
    mov     ds, bx
    mov     es, bx
    sti
    mov     [destination], edi
    ret

; Asks the BIOS for its memory map, entry by entry, with the 24-byte form that has attributes.
take_memory_map:
    mov     di, MAP
    xor     ebx, ebx                    ; continuation: 0 begins
.next_entry:
    mov     eax, 0xe820
    mov     edx, SMAP
    mov     ecx, E820EntryExtended.size
    mov     dword ptr [di + E820EntryExtended.attributes], E820Attributes.enabled
    int     0x15
    jc      .end                        ; some BIOSes end so, others by ebx = 0
    cmp     eax, SMAP
    jne     .end
    cmp     cx, E820Entry.size
    jb      .end
    test    dword ptr [di + E820EntryExtended.attributes], E820Attributes.enabled
    jz      .skip                       ; ACPI 3: an entry that is to be ignored
    add     di, E820EntryExtended.size
    inc     word ptr [map_entries]
    cmp     word ptr [map_entries], BootLimit.MEMORY_RANGES
    je      .end
.skip:
    test    ebx, ebx
    jnz     .next_entry
.end:
    cmp     word ptr [map_entries], 0
    mov     si, text_memory
    je      stop
    ret

; With A20 closed, address bit 20 is 0 and the kernel would overwrite itself. Most BIOSes and QEMU
; leave it open; else the BIOS, then the chipset's fast gate, are asked.
open_a20:
    call    a20_is_open
    jne     .open
    mov     ax, 0x2401                  ; enable A20
    int     0x15
    call    a20_is_open
    jne     .open
    in      al, System.CONTROL_A
    or      al, SystemControlA.a20
    and     al, ~SystemControlA.fast_reset & 0xff    ; written as 1 it resets the machine
    out     System.CONTROL_A, al
    mov     cx, 0xffff                  ; a chipset may take its time
.wait:
    call    a20_is_open
    jne     .open
    loop    .wait
    mov     si, text_a20
    jmp     stop
.open:
    ret

; ZF clear when FFFF:7E10 (1 MiB + 0x7E00) and 0000:7E00 are different memory: writes one, and
; looks whether the other changes with it.
a20_is_open:
    push    ds
    mov     bx, 0xffff
    mov     ds, bx
    mov     ax, es:[a20_probe]
    not     ax
    mov     ds:[a20_probe + 16], ax
    cmp     es:[a20_probe], ax
    pop     ds
    ret

a20_probe:
    .word   0
map_entries:
    .word   0
sectors_left:
    .word   bios.kernel_sectors
chunk:                                  ; sectors a read: 32 KiB, which no DMA boundary splits
    .word   bios.chunk
sector_dwords:
    .long   bios.sector_dwords
text_memory:
    .asciz  "kpack: the BIOS gives no memory map (int 15h, eax=E820h)\r\n"
text_a20:
    .asciz  "kpack: the A20 gate does not open\r\n"
    .align  4
destination:
    .long   Kernel.PHYSICAL
kernel_packet:                          ; a DiskAddressPacket: the next chunk of the kernel
    .byte   DiskAddressPacket.size, 0
    .word   0                           ; sectors: filled for each chunk
    .word   0, BOUNCE >> 4              ; offset, segment
    .quad   bios.kernel_lba

    .code32
protected:
    mov     ax, FLAT_DATA
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     esp, STACK
    mov     esi, MAP
    movzx   ecx, word ptr [map_entries]
    xor     edx, edx
    mov     ebp, BootPath.BIOS
    jmp     long_entry
