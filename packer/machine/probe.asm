; Whether a processor does what our kernel asks of it first: long mode, system-call and no-execute
; bits in EFER, and an exception in ring 0 that is handled and returned from. Virtual machines inside
; virtual machines have been seen that die of the last.
;
; Entered by PVH in flat 32-bit protected mode, interrupts off, no stack; `idt` is a symbol from
; outside, a table in which vector 3 leads to `breakpoint`. Ends the machine with DebugExit.PASSED;
; where anything is missing there is a triple fault or no end.

const TABLES      = 0x180000            ; PML4, pointers and directory: memory that is zero at the start
const POINTERS    = 0x181000
const DIRECTORY   = 0x182000
const STACK       = 0x184000            ; grows down
const ALLOWED     = PageTableEntry.present | PageTableEntry.writable

    .code32
probe:
    mov     dword ptr [TABLES], POINTERS | ALLOWED
    mov     dword ptr [POINTERS], DIRECTORY | ALLOWED
    mov     dword ptr [DIRECTORY], PageDirectoryEntry2M.large | ALLOWED
    mov     eax, Cr4.physical_address_extension
    mov     cr4, eax
    mov     eax, TABLES
    mov     cr3, eax
    mov     ecx, Msr.EFER
    mov     eax, Efer.long_mode_enable | Efer.no_execute_enable | Efer.syscall_enable
    xor     edx, edx
    wrmsr
    mov     eax, Cr0.protection_enable | Cr0.extension_type | Cr0.write_protect | Cr0.paging
    mov     cr0, eax
    lgdt    [gdt_pointer]
    jmp     far Probe.CODE64:long_mode

    .code64
long_mode:
    lidt    [rip + idt_pointer]
    mov     esp, STACK
    xor     ebx, ebx
    mov     ss, ebx                     ; IRETQ reads the selector again, and the loader's is not ours
    int3
    test    ebx, ebx
    jz      .wait                       ; nobody was there
    mov     al, DebugExit.PASSED
    mov     dx, DebugExit.PORT
    out     dx, al
.wait:
    jmp     .wait

breakpoint:
    inc     ebx
    iretq

    .align  8
gdt:
    .quad   0
    .quad   FlatSegment.CODE64
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt
idt_pointer:
    .word   Probe.IDT_SIZE - 1
    .quad   idt
