; From 32-bit protected mode to the kernel: the end of every way to boot.
;
; Entered at `long_entry` in flat 32-bit protected mode, interrupts off, the image loaded, with
;       esi = a memory map of E820EntryExtended entries, ecx = their number, ebp = the BootPath,
;       edx = a Framebuffer, or 0 where firmware leaves no screen of pixels.
; Zeroes the image's reserved memory, fills in the boot information, and turns on long mode with the
; page tables that the packer built. Leaves to `kernel_entry` in the kernel's window with no
; arguments; the identity mapping that carried this code is still in the tables then.
; Whatever the processor lacks is one letter on COM1, because nothing else is known to be there:
;       L no long mode, N no execute-disable, M no memory map.

const FLAT_CODE      = 0x08             ; flat_gdt's selectors
const FLAT_DATA      = 0x10
const LONG_CODE      = 0x18

    .code32
long_entry:
    cld                                 ; firmware was called since the last one
    mov     ebx, ecx                    ; the count survives the zeroing
    mov     edi, physical.kernel.zero_start
    mov     ecx, physical.kernel.end
    sub     ecx, edi
    shr     ecx, 2
    xor     eax, eax
    rep stosd

    mov     edi, physical.boot_info
    mov     [edi + BootInfo.path], ebp
    mov     al, 'M'
    test    ebx, ebx
    jz      give_up
    cmp     ebx, BootLimit.MEMORY_RANGES
    jbe     .fits
    mov     ebx, BootLimit.MEMORY_RANGES
.fits:
    mov     [edi + BootInfo.memory_count], ebx
    add     edi, BootInfo.memory
    imul    ecx, ebx, E820EntryExtended.size / 4
    rep movsd
    test    edx, edx
    jz      .no_screen
    mov     esi, edx
    mov     edi, physical.boot_info + BootInfo.framebuffer
    mov     ecx, Framebuffer.size / 4
    rep movsd
.no_screen:

    mov     eax, CpuidLeaf.EXTENDED_MAXIMUM
    cpuid
    cmp     eax, CpuidLeaf.LONG_MODE
    mov     al, 'L'
    jb      give_up
    mov     eax, CpuidLeaf.LONG_MODE
    cpuid
    mov     al, 'L'
    test    edx, Leaf80000001Edx.long_mode
    jz      give_up
    mov     al, 'N'                     ; the tables hold NX bits: without NX those are reserved
    test    edx, Leaf80000001Edx.nx
    jz      give_up

    mov     eax, Cr4.physical_address_extension
    mov     cr4, eax
    mov     eax, physical.kernel_pml4
    mov     cr3, eax
    mov     ecx, Msr.EFER
    mov     eax, Efer.long_mode_enable | Efer.no_execute_enable | Efer.syscall_enable
    xor     edx, edx
    wrmsr
    mov     eax, Cr0.protection_enable | Cr0.monitor_coprocessor | Cr0.task_switched | Cr0.extension_type | Cr0.numeric_error | Cr0.write_protect | Cr0.paging
    mov     cr0, eax
    lgdt    [flat_gdt_pointer]
    jmp     far LONG_CODE:long_mode

give_up:
    mov     dx, Com1.DATA
    out     dx, al
.halt:
    hlt
    jmp     .halt

    .code64
long_mode:
    mov     rax, kernel_entry
    jmp     rax

    .align  8
flat_gdt:
    .quad   0
    .quad   FlatSegment.CODE32
    .quad   FlatSegment.DATA
    .quad   FlatSegment.CODE64
flat_gdt_end:
flat_gdt_pointer:
    .word   flat_gdt_end - flat_gdt - 1
    .quad   flat_gdt                    ; LGDT reads 8 bytes in 64-bit mode, else 4
