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
