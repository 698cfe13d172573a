; The memory map where no firmware made one: QEMU tells it (fw_cfg), and on other machines the CMOS.
;
; `memory_map` is called in flat 32-bit protected mode with a stack, collects entries at MAP, and
; returns their number in ecx, and edx = 0; or ecx = 0 if nobody tells how much memory there is. It may
; use every register.
; The RAM that is reported begins at 0 and goes on below video memory and ROMs, which the processor
; sees in its place: that entry is split. What lies there, and our ROM, are entries of their own.

const ITEM          = 0x800             ; what fw_cfg told last: free below MAP
const OWN           = 3                 ; entries that we add
const MAP_END       = MAP + E820EntryExtended.size * (BootLimit.MEMORY_RANGES - OWN)
const NO_CMOS       = 0xffff            ; what an empty bus reads

memory_map:
    mov     ebp, MAP                    ; the next entry
    mov     eax, FwCfgKey.SIGNATURE
    mov     ecx, 4
    call    fw_cfg_read
    cmp     dword ptr [ITEM], Device.FW_CFG_SIGNATURE
    jne     .by_cmos
    mov     eax, FwCfgKey.FILE_DIR
    mov     ecx, 4
    call    fw_cfg_read
    mov     ebx, [ITEM]
    bswap   ebx                         ; how many files there are
.next_file:
    sub     ebx, 1
    jb      .by_cmos
    mov     ecx, FwCfgFile.size
    call    fw_cfg_go_on
    mov     esi, ITEM + FwCfgFile.name
    mov     edi, name_e820
    mov     ecx, name_e820_end - name_e820
    repe cmpsb
    jne     .next_file
    mov     eax, [ITEM + FwCfgFile.file_size]
    bswap   eax
    xor     edx, edx
    mov     ecx, E820Entry.size
    div     ecx
    mov     ebx, eax                    ; how many entries there are
    movzx   eax, word ptr [ITEM + FwCfgFile.select]
    xchg    al, ah
    call    fw_cfg_select
.next_entry:
    sub     ebx, 1
    jb      .own
    cmp     ebp, MAP_END
    jae     .own
    mov     ecx, E820Entry.size
    call    fw_cfg_go_on
    call    add_item
    jmp     .next_entry

.by_cmos:
    mov     al, CmosRegister.ABOVE_16_MIB_HIGH
    call    cmos_word
    mov     ecx, eax
    shl     ecx, 16                     ; units of 64 KiB
    add     ecx, 0x1000000
    cmp     eax, NO_CMOS
    je      .nobody
    test    eax, eax
    jnz     .known
    mov     al, CmosRegister.EXTENDED_HIGH
    call    cmos_word
    mov     ecx, eax
    shl     ecx, 10                     ; KiB
    add     ecx, Kernel.LOW_MEMORY
.known:
    xor     eax, eax
    mov     edx, E820Type.RAM
    call    set_item
.own:
    mov     eax, Device.LEGACY
    mov     ecx, Kernel.LOW_MEMORY - Device.LEGACY
    mov     edx, E820Type.RESERVED
    call    set_item
    mov     eax, rom.start
    mov     ecx, rom.size
    call    set_item
    mov     eax, ebp
    sub     eax, MAP
    xor     edx, edx
    mov     ecx, E820EntryExtended.size
    div     ecx
    mov     ecx, eax
    ret
.nobody:
    xor     ecx, ecx
    ret

; Adds the entry eax = base, ecx = length, edx = type, which it keeps.
set_item:
    mov     [ITEM + E820Entry.base], eax
    mov     dword ptr [ITEM + E820Entry.base + 4], 0
    mov     [ITEM + E820Entry.length], ecx
    mov     dword ptr [ITEM + E820Entry.length + 4], 0
    mov     [ITEM + E820Entry.type], edx
    ; fall through

; Adds the E820Entry at ITEM; two of them, if it is RAM that goes on below Device.LEGACY. Keeps eax,
; ebx and edx.
add_item:
    call    .copy
    cmp     dword ptr [ITEM + E820Entry.type], E820Type.RAM
    jne     .end
    cmp     dword ptr [ITEM + E820Entry.base + 4], 0
    jne     .end
    mov     ecx, Kernel.LOW_MEMORY
    sub     ecx, [ITEM + E820Entry.base]
    jbe     .end                        ; it begins behind
    sub     [ITEM + E820Entry.length], ecx
    sbb     dword ptr [ITEM + E820Entry.length + 4], 0
    jb      .end                        ; it ends before
    sub     ecx, Kernel.LOW_MEMORY - Device.LEGACY
    mov     [ebp - E820EntryExtended.size + E820EntryExtended.length], ecx
    mov     dword ptr [ebp - E820EntryExtended.size + E820EntryExtended.length + 4], 0
    mov     dword ptr [ITEM + E820Entry.base], Kernel.LOW_MEMORY
    ; fall through

.copy:
    mov     esi, ITEM
    mov     edi, ebp
    mov     ecx, E820Entry.size / 4
    rep movsd
    mov     dword ptr [edi], E820Attributes.enabled
    add     ebp, E820EntryExtended.size
.end:
    ret

; Reads ecx bytes to ITEM from the item with the key eax.
fw_cfg_read:
    call    fw_cfg_select
    ; fall through

; Reads ecx more bytes to ITEM from the item that is selected.
fw_cfg_go_on:
    mov     edi, ITEM
    mov     dx, Device.FW_CFG_DATA
    rep insb
    ret

; Selects the item with the key ax.
fw_cfg_select:
    mov     dx, Device.FW_CFG_SELECTOR
    out     dx, ax
    ret

; Returns in eax the 16-bit number whose higher half is in the CMOS register al; the lower is before.
cmos_word:
    mov     ah, al
    out     Cmos.INDEX, al
    in      al, Cmos.DATA
    xchg    al, ah
    dec     al
    out     Cmos.INDEX, al
    in      al, Cmos.DATA
    movzx   eax, ax
    ret

name_e820:
    .asciz  "etc/e820"
name_e820_end:
