; Physical page frames.
;
; `allocate_frame` and `free_frame` are called; they keep rbx, rbp and r12 to r15. A frame that was
; never used comes from a pointer that walks the memory map, one that was from a list linked through
; the frames themselves, newest first. Boot therefore touches no frame, and a frame is zeroed when it
; is handed out: nobody sees what another left.

const WORDS_OF_PAGE = Page.SIZE / 8

; Returns a zeroed frame's physical address in rax, 0 when memory is exhausted.
allocate_frame:
    mov     rax, [rip + frames + Frames.free]
    test    rax, rax
    jz      .never_used
    mov     rcx, Kernel.DIRECT
    mov     rdx, [rcx + rax]            ; the next free one
    mov     [rip + frames + Frames.free], rdx
    jmp     .clear
.never_used:
    mov     rax, [rip + frames + Frames.next]
    cmp     rax, [rip + frames + Frames.limit]
    jae     .next_range
    add     qword ptr [rip + frames + Frames.next], Page.SIZE
.clear:
    inc     qword ptr [rip + frames + Frames.used]
    mov     rdx, rax
    mov     rdi, Kernel.DIRECT
    add     rdi, rax
    xor     eax, eax
    mov     ecx, WORDS_OF_PAGE
    rep stosq
    mov     rax, rdx
    ret
.next_range:
    call    open_next_range
    test    rax, rax
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

; Moves on to the next usable range of the memory map; rax = 0 when there is none.
open_next_range:
    mov     rdi, [rip + frames + Frames.range]
    cmp     edi, [rip + boot_info + BootInfo.memory_count]
    jae     .none
    inc     qword ptr [rip + frames + Frames.range]
    call    usable_range
    cmp     rax, rdx
    jae     open_next_range
    mov     [rip + frames + Frames.next], rax
    mov     [rip + frames + Frames.limit], rdx
    mov     eax, 1
    ret
.none:
    xor     eax, eax
    ret

; Returns the page-aligned usable part of range edi of the memory map as rax = first, rdx = end; empty
; (rax >= rdx) for a range that is not RAM, lies below Kernel.LOW_MEMORY or beyond the direct map. The
; image lies in one range and may split it: what is below it is not used.
usable_range:
    imul    eax, edi, E820EntryExtended.size
    lea     rcx, [rip + boot_info + BootInfo.memory]
    add     rcx, rax
    mov     rax, [rcx + E820EntryExtended.base]
    mov     rdx, [rcx + E820EntryExtended.length]
    cmp     dword ptr [rcx + E820EntryExtended.type], E820Type.RAM
    jne     .empty
    add     rdx, rax
    jc      .empty                      ; a range that wraps is a firmware's error
    mov     rcx, DIRECT_SIZE
    cmp     rdx, rcx
    cmova   rdx, rcx
    add     rax, Page.SIZE - 1
    jc      .empty                      ; no page begins behind its first byte
    and     rax, -Page.SIZE
    and     rdx, -Page.SIZE
    mov     ecx, Kernel.LOW_MEMORY
    cmp     rdx, rcx
    jbe     .empty
    cmp     rax, rcx
    cmovb   rax, rcx
    mov     ecx, Kernel.PHYSICAL
    cmp     rdx, rcx
    jbe     .empty                      ; below the image: left to loaders that lie there
    mov     ecx, physical.kernel.end
    cmp     rax, rcx
    cmovb   rax, rcx
    ret
.empty:
    xor     eax, eax
    xor     edx, edx
    ret

const DIRECT_SIZE = 0x100000000         ; what the packer's tables map of physical memory

; Counts the usable frames and reports; a machine whose memory ends below the image can't go on.
memory_init:
    push    rbx
    push    r12
    xor     ebx, ebx
    xor     r12d, r12d
.next:
    mov     edi, ebx
    call    usable_range
    sub     rdx, rax
    jbe     .unusable
    shr     rdx, Page.SHIFT
    add     r12, rdx
.unusable:
    inc     ebx
    cmp     ebx, [rip + boot_info + BootInfo.memory_count]
    jb      .next
    mov     [rip + frames + Frames.total], r12
    lea     rsi, [rip + text_no_memory]
    test    r12, r12
    jz      panic
    lea     rsi, [rip + text_memory]
    call    print
    mov     rdi, r12
    call    print_decimal
    lea     rsi, [rip + text_memory_frames]
    call    print
    lea     rbx, [rip + feature_names]
.feature:
    mov     eax, [rbx]                  ; a mask; then the name, 8 bytes
    test    eax, eax
    jz      .end
    test    eax, [rip + boot_info + BootInfo.features]
    jz      .absent
    lea     rsi, [rbx + 4]
    call    print
.absent:
    add     rbx, 12
    jmp     .feature
.end:
    mov     edi, '\n'
    call    print_char
    pop     r12
    pop     rbx
    ret
