; What the memory stage prints.

text_memory:
    .asciz  "memory      "
text_memory_frames:
    .asciz  " frames; W^X"
text_no_memory:
    .asciz  "no usable memory above the kernel"
text_promised:
    .asciz  "less memory than the tasks' budgets (frames) come to"
text_not_backed:
    .asciz  "no frame left for one that a budget allowed"

    .align  4
feature_names:                          ; mask of BootInfo.features, name in 8 bytes; ends with 0
    .long   Features.nx
    .ascii  " NX\0\0\0\0\0"
    .long   Features.pge
    .ascii  " PGE\0\0\0\0"
    .long   Features.smep
    .ascii  " SMEP\0\0\0"
    .long   Features.smap
    .ascii  " SMAP\0\0\0"
    .long   Features.umip
    .ascii  " UMIP\0\0\0"
    .long   0

const PAGE      = PageTableEntry.present | PageTableEntry.user
const NEVER_X   = PageTableEntry.no_execute
const WHOLE     = 0xffff00000000ffff    ; of the header: type and state; large and device
const NO_WRITER = 0x00008000ffff0000    ; no writable mapping, and room for an executable one
const NO_RUNNER = 0x0000ffff80000000    ; the other way round

    .align  8
map_masks:                              ; by FrameRights: see light.asm
    .quad   0, WHOLE, 0, WHOLE | NO_RUNNER, 0, WHOLE | NO_WRITER, 0, 0
    .quad   0, 0, 0, 0, 0, 0, 0, 0
map_counts:
    .quad   0, 0, 0, 1 << 16, 0, 1 << 32
map_bits:
    .quad   0, PAGE | NEVER_X, 0, PAGE | NEVER_X | PageTableEntry.writable, 0, PAGE
