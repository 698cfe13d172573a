; Physical page frames.
;
; The routines are called; they keep rbx, rbp, rsi and r12 to r15. A page that was never used comes from
; a pointer that walks the memory map, one that was from a list linked through the pages themselves,
; newest first. When neither has one, a free block is taken apart: as long as a page is left anywhere,
; it is found, so what budgets promise is there. Nothing is joined again.

const WORDS_OF_PAGE = Page.SIZE / 8

; Returns a zeroed frame's physical address in rax: nobody sees what another left. Who calls has charged
; it to a budget, so there is one.
allocate_frame:
    call    take_frame
    test    rax, rax
    jz      memory_is_gone
    mov     rdx, rax
    mov     rdi, Kernel.DIRECT
    add     rdi, rax
    xor     eax, eax
    mov     ecx, WORDS_OF_PAGE
    rep stosq
    mov     rax, rdx
    ret

memory_is_gone:
    lea     rsi, [rip + text_not_backed]
    jmp     panic

; Returns a frame's physical address in rax, with whatever is in it; 0 when memory is exhausted.
take_frame:
    mov     rax, [rip + frames + Frames.free]
    test    rax, rax
    jz      .never_used
    mov     rcx, Kernel.DIRECT
    mov     rdx, [rcx + rax]            ; the next free one
    mov     [rip + frames + Frames.free], rdx
    inc     qword ptr [rip + frames + Frames.used]
    ret
.never_used:
    mov     rax, [rip + frames + Frames.next]
    cmp     rax, [rip + frames + Frames.limit]
    jae     .next_run
    add     qword ptr [rip + frames + Frames.next], Page.SIZE
    inc     qword ptr [rip + frames + Frames.used]
    ret
.next_run:
    call    open_run
    test    eax, eax
    jnz     .never_used
    ret                                 ; rax = 0: exhausted

; Gives the frame at physical address rdi back.
free_frame:
    mov     rax, [rip + frames + Frames.free]
    mov     rcx, Kernel.DIRECT
    mov     [rcx + rdi], rax
    mov     [rip + frames + Frames.free], rdi
    dec     qword ptr [rip + frames + Frames.used]
    ret

; Makes `next` walk other pages: the next usable range of the memory map, then what is behind the large
; blocks of the largest, then a free block. Returns eax = 0 when there is none.
open_run:
    mov     rdi, [rip + frames + Frames.range]
    lea     rax, [rdi - 1]
    cmp     rax, [rip + frames + Frames.largest]
    jne     .next
    mov     rax, [rip + frames + Frames.top]    ; `next` has come up to it
    mov     [rip + frames + Frames.floor], rax
.next:
    cmp     edi, [rip + boot_info + BootInfo.memory_count]
    ja      .blocks
    lea     rax, [rdi + 1]
    mov     [rip + frames + Frames.range], rax
    je      .behind
    call    usable_range
    mov     rdi, [rip + frames + Frames.range]
    lea     rcx, [rdi - 1]
    cmp     rcx, [rip + frames + Frames.largest]
    cmove   rdx, [rip + frames + Frames.top]
    cmp     rax, rdx
    jae     .next
    jmp     .opened
.behind:
    call    whole_part
    cmp     rax, rdx
    jb      .opened
.blocks:
    call    spare_block
    test    rax, rax
    jz      .none
.opened:
    mov     [rip + frames + Frames.next], rax
    mov     [rip + frames + Frames.limit], rdx
    mov     eax, 1
    ret
.none:
    ret                                 ; rax = 0

; Takes a free block, the smallest, to be handed out page by page: rax = its address, 0 if there is
; none; rdx = its end.
spare_block:
    mov     rcx, Kernel.DIRECT
    mov     rax, [rip + frames + Frames.free_medium]
    test    rax, rax
    jz      .large
    mov     rdx, [rcx + rax]
    mov     [rip + frames + Frames.free_medium], rdx
    lea     rdx, [rax + Block.MEDIUM]
    ret
.large:
    mov     rax, [rip + frames + Frames.free_large]
    test    rax, rax
    jz      .none
    mov     rdx, [rcx + rax]
    mov     [rip + frames + Frames.free_large], rdx
    lea     rdx, [rax + Block.LARGE]
.none:
    ret
