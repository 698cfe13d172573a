; Boot by Multiboot: version 1 (QEMU's -kernel, GRUB and others) or version 2 (GRUB and others).
;
; The loader has put the whole image where it is linked and enters in 32-bit protected mode, flat
; segments, paging off, interrupts off, eax = the magic of its version, ebx = the physical address of
; a MultibootInfo or a Multiboot2Info. There is no stack. The two give the memory map in forms of
; their own, so it is copied behind the image, where the header keeps room for it. Leaves to
; `long_entry` (long.asm) with
;       esi = the memory map, ecx = its entries, edx = 0: no screen of pixels,
;       ebp = BootPath.MULTIBOOT or MULTIBOOT2.
; Whatever is missing is one letter on COM1:
;       B the magic of neither version, M no memory map.

    .code32
multiboot_entry:
    cld
    mov     edi, physical.kernel.end
    cmp     eax, MultibootLoader.VERSION_1
    je      .version_1
    cmp     eax, MultibootLoader.VERSION_2
    mov     al, 'B'
    jne     give_up
    mov     ebp, BootPath.MULTIBOOT2
    lea     esi, [ebx + Multiboot2Info.least]
.next_tag:
    mov     eax, [esi + InfoTag.type]
    cmp     eax, InfoTagType.MMAP
    je      .version_2
    cmp     eax, InfoTagType.END
    je      .end
    mov     eax, [esi + InfoTag.size]
    lea     esi, [esi + eax + 7]        ; the next one lies on a boundary of 8 bytes
    and     esi, ~7
    jmp     .next_tag
.version_2:
    mov     edx, [esi + MmapTag.size]
    add     edx, esi
    mov     ebx, [esi + MmapTag.entry_size]
    add     esi, MmapTag.least
    jmp     .next_entry
.version_1:
    mov     ebp, BootPath.MULTIBOOT
    test    dword ptr [ebx + MultibootInfo.flags], MultibootInfoFlags.mmap
    jz      .end
    mov     esi, [ebx + MultibootInfo.mmap_addr]
    mov     edx, [ebx + MultibootInfo.mmap_length]
    add     edx, esi
    add     esi, MultibootMmapEntry.base_addr

; esi = the base of an entry, edx = the end of the map, ebx = bytes from one entry to the next.
.next_entry:
    cmp     esi, edx
    jae     .end
    cmp     ebp, BootPath.MULTIBOOT
    jne     .take
    mov     ebx, [esi - MultibootMmapEntry.base_addr + MultibootMmapEntry.entry_size]
    add     ebx, MultibootMmapEntry.base_addr   ; which the size does not count
.take:
    lea     eax, [esi + ebx]
    mov     ecx, E820Entry.size / 4     ; base, length and type are in E820's order, as are types
    rep movsd
    mov     dword ptr [edi], E820Attributes.enabled
    add     edi, E820EntryExtended.size - E820EntryExtended.attributes
    mov     esi, eax
    cmp     edi, physical.kernel.end + E820EntryExtended.size * BootLimit.MEMORY_RANGES
    jb      .next_entry
.end:
    mov     esi, physical.kernel.end
    mov     eax, edi
    sub     eax, esi
    xor     edx, edx
    mov     ecx, E820EntryExtended.size
    div     ecx                         ; nothing remains: edx is 0 again
    mov     ecx, eax
    jmp     long_entry
