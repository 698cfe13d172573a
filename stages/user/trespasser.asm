; Reads the kernel's first byte. The processor refuses, the kernel tells the supervisor, and nobody
; else notices.

const KERNEL_TEXT = Kernel.WINDOW + Kernel.PHYSICAL

trespasser:
    mov     rax, KERNEL_TEXT
    mov     al, [rax]
    ud2                                 ; reached only if memory protection failed
