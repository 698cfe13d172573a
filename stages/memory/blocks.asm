; Memory in one piece: 64 KiB and 2 MiB.
;
; The routines are called and keep rbx, rbp, rsi and r12 to r15. What they return has whatever is in it:
; zeroing takes too long for one call of the kernel (objects/block.asm). rax = 0 says that no piece of
; that size is left, however many pages are.

const PAGES_OF_MEDIUM = Block.MEDIUM / Page.SIZE
const PAGES_OF_LARGE  = Block.LARGE / Page.SIZE

; Returns rax = the physical address of 2 MiB, aligned: given back by somebody, or at the end of what is
; left of the largest range.
take_large:
    mov     rax, [rip + frames + Frames.free_large]
    test    rax, rax
    jz      .never_used
    mov     rcx, Kernel.DIRECT
    mov     rdx, [rcx + rax]
    mov     [rip + frames + Frames.free_large], rdx
    jmp     .taken
.never_used:
    mov     rax, [rip + frames + Frames.top]
    mov     rcx, rax
    mov     rdx, [rip + frames + Frames.range]
    dec     rdx
    cmp     rdx, [rip + frames + Frames.largest]
    je      .walked
    sub     rcx, [rip + frames + Frames.floor]  ; what is left
    cmp     rcx, Block.LARGE
    jb      .none
    jmp     .take
.walked:                                ; pages are taken there, too, from below
    sub     rcx, [rip + frames + Frames.next]
    cmp     rcx, Block.LARGE
    jb      .none
    sub     qword ptr [rip + frames + Frames.limit], Block.LARGE
.take:
    sub     rax, Block.LARGE
    mov     [rip + frames + Frames.top], rax
.taken:
    add     qword ptr [rip + frames + Frames.used], PAGES_OF_LARGE
    ret
.none:
    xor     eax, eax
    ret

; Returns rax = the physical address of 64 KiB.
take_medium:
    mov     rcx, Kernel.DIRECT
    mov     rax, [rip + frames + Frames.free_medium]
    test    rax, rax
    jnz     .freed
    mov     rax, [rip + frames + Frames.next]
    lea     rdx, [rax + Block.MEDIUM]
    cmp     rdx, [rip + frames + Frames.limit]
    ja      .split
    mov     [rip + frames + Frames.next], rdx
    add     qword ptr [rip + frames + Frames.used], PAGES_OF_MEDIUM
    ret
.split:
    call    take_large
    test    rax, rax
    jz      .none
    sub     qword ptr [rip + frames + Frames.used], PAGES_OF_LARGE
    mov     r8, rax
    lea     rdi, [rax + Block.LARGE]
.piece:
    sub     rdi, Block.MEDIUM
    call    free_medium.link
    cmp     rdi, r8
    ja      .piece
    mov     rax, r8
.freed:
    mov     rcx, Kernel.DIRECT
    mov     rdx, [rcx + rax]
    mov     [rip + frames + Frames.free_medium], rdx
    add     qword ptr [rip + frames + Frames.used], PAGES_OF_MEDIUM
.none:
    ret

; Gives the 64 KiB at physical address rdi back.
free_medium:
    sub     qword ptr [rip + frames + Frames.used], PAGES_OF_MEDIUM
.link:
    mov     rcx, Kernel.DIRECT
    mov     rax, [rip + frames + Frames.free_medium]
    mov     [rcx + rdi], rax
    mov     [rip + frames + Frames.free_medium], rdi
    ret

; Gives the 2 MiB at physical address rdi back.
free_large:
    sub     qword ptr [rip + frames + Frames.used], PAGES_OF_LARGE
    mov     rcx, Kernel.DIRECT
    mov     rax, [rip + frames + Frames.free_large]
    mov     [rcx + rdi], rax
    mov     [rip + frames + Frames.free_large], rdi
    ret
