; A machine whose memory is above 4 GiB but for the first 8 MiB: called before the kernel looks at the memory map, shortens
; what lies between.

const LOW_MEMORY_END = 0x800000
const FOUR_GIB       = 0x100000000

forget_memory:
    lea     rcx, [rip + boot_info + BootInfo.memory]
    mov     edx, [rip + boot_info + BootInfo.memory_count]
    mov     r8, FOUR_GIB
.next:
    mov     rax, [rcx + E820EntryExtended.base]
    cmp     rax, LOW_MEMORY_END
    jae     .above
    neg     rax
    add     rax, LOW_MEMORY_END
    cmp     [rcx + E820EntryExtended.length], rax
    jbe     .kept
    mov     [rcx + E820EntryExtended.length], rax
    jmp     .kept
.above:
    cmp     rax, r8
    jae     .kept
    mov     qword ptr [rcx + E820EntryExtended.length], 0
.kept:
    add     rcx, E820EntryExtended.size
    dec     edx
    jnz     .next
    ret
