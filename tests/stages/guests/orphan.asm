; Reads where no address can be. It has no supervisor, so the kernel itself says what became of it.

orphan:
    mov     rcx, 1 << 63
.fault:
    mov     al, [rcx]
