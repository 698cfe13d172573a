; Boot by PVH: QEMU's -kernel, Xen, Firecracker and Cloud Hypervisor.
;
; The loader has put the whole image where it is linked and enters in 32-bit protected mode, flat
; segments, paging off, interrupts off, ebx = the physical address of an HvmStartInfo. There is no
; stack. The memory map's entries have BootInfo's own layout, so this leaves at once to `long_entry`
; (long.asm) with
;       esi = the memory map, ecx = its entries, edx = 0: no screen of pixels, ebp = BootPath.PVH.

    .code32
pvh_entry:
    mov     esi, [ebx + HvmStartInfo.memmap_paddr]
    mov     ecx, [ebx + HvmStartInfo.memmap_entries]
    xor     edx, edx
    mov     ebp, BootPath.PVH
    jmp     long_entry
