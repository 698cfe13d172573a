; The memory map: what of it is memory that the kernel may hand out.
;
; `frames_init` is called once, before anything is handed out, and makes the allocator's state from the
; memory map. All routines keep rbx, rbp, r12 to r15.

const GIB_SHIFT    = 30
const LOW_END      = 0x100000000        ; the packer's tables map memory up to here
const LOW_GIB      = LOW_END >> GIB_SHIFT
const HIGHEST      = 1 << (32 + SlotNumber.SHIFT)  ; where slot numbers of 32 bits end
const DIRECTORY    = PageTableEntry.present | PageTableEntry.writable | PageTableEntry.accessed
const LARGE_PAGE   = DIRECTORY | PageTableEntry.dirty | PageTableEntry.global_ | PageDirectoryEntry2M.large

frames_init:
    push    rbx
    push    rbp
    call    map_high_memory
    xor     ebx, ebx
    xor     ebp, ebp                    ; the largest so far
    mov     [rip + frames + Frames.total], rbx
    mov     [rip + frames + Frames.range], rbx
    mov     [rip + frames + Frames.next], rbx
    mov     [rip + frames + Frames.limit], rbx
.next:
    mov     edi, ebx
    call    usable_range
    mov     rcx, rdx
    sub     rcx, rax
    jbe     .unusable
    mov     r8, rcx
    shr     r8, Page.SHIFT
    add     [rip + frames + Frames.total], r8
    cmp     rcx, rbp
    jbe     .unusable
    mov     rbp, rcx
    mov     [rip + frames + Frames.largest], rbx
    mov     [rip + frames + Frames.floor], rax
.unusable:
    inc     ebx
    cmp     ebx, [rip + boot_info + BootInfo.memory_count]
    jb      .next
    call    whole_part
    mov     [rip + frames + Frames.top], rax
    pop     rbp
    pop     rbx
    ret

; Returns rax = where the last 2 MiB in the largest range that are whole and aligned end, or its first
; page if it has none; the pages behind, up to rdx = its end, are walked when all others are taken.
whole_part:
    mov     edi, [rip + frames + Frames.largest]
    call    usable_range
    mov     rcx, rdx
    and     rcx, -Block.LARGE
    cmp     rax, rcx
    cmovb   rax, rcx
    ret

; Returns the page-aligned usable part of range edi of the memory map as rax = first, rdx = end; empty
; (rax >= rdx) for a range that is not RAM, lies below Kernel.LOW_MEMORY or beyond the direct map. The
; image lies in one range and may split it: what is below it is not used.
usable_range:
    call    memory_range
    jc      .empty
    mov     rcx, [rip + frames + Frames.direct_end]
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
    mov     rcx, [rip + frames + Frames.first]
    cmp     rax, rcx
    cmovb   rax, rcx
    ret
.empty:
    xor     eax, eax
    xor     edx, edx
    ret

; Returns range edi of the memory map as rax = first byte, rdx = end, and CF when it is not RAM or
; wraps, which is a firmware's error.
memory_range:
    imul    eax, edi, E820EntryExtended.size
    lea     rcx, [rip + boot_info + BootInfo.memory]
    add     rcx, rax
    mov     rax, [rcx + E820EntryExtended.base]
    mov     rdx, [rcx + E820EntryExtended.length]
    cmp     dword ptr [rcx + E820EntryExtended.type], E820Type.RAM
    jne     .not_ram
    add     rdx, rax
    ret
.not_ram:
    stc
    ret

; Extends the direct map over memory above 4 GiB, holes included, a page directory for each GiB. These
; lie right behind the image; as far as memory goes on there, so far the direct map reaches.
map_high_memory:
    push    rbx
    push    rbp
    push    r12
    mov     r12, LOW_END
    mov     [rip + frames + Frames.direct_end], r12
    mov     eax, physical.kernel.end
    mov     [rip + frames + Frames.first], rax
    xor     ebx, ebx
    xor     ebp, ebp                    ; end of the pages behind the image
.next:
    mov     edi, ebx
    call    memory_range
    jc      .not_ram
    cmp     r12, rdx
    cmovb   r12, rdx                    ; end of all memory
    mov     edi, ebx
    call    usable_range
    cmp     rax, [rip + frames + Frames.first]
    jne     .not_ram
    cmp     rbp, rdx
    cmovb   rbp, rdx
.not_ram:
    inc     ebx
    cmp     ebx, [rip + boot_info + BootInfo.memory_count]
    jb      .next
    mov     rax, HIGHEST
    cmp     r12, rax
    cmova   r12, rax
    mov     ebx, LOW_GIB                ; the GiB to map
.gib:
    mov     rax, rbx
    shl     rax, GIB_SHIFT
    mov     [rip + frames + Frames.direct_end], rax
    cmp     rax, r12
    jae     .done
    mov     rcx, [rip + frames + Frames.first]
    lea     rdx, [rcx + Page.SIZE]
    cmp     rdx, rbp
    ja      .done
    mov     [rip + frames + Frames.first], rdx
    lea     rdx, [rcx + DIRECTORY]
    lea     rdi, [rip + direct_pdpt]
    mov     [rdi + rbx * 8], rdx
    mov     rdi, Kernel.DIRECT
    add     rdi, rcx
    or      rax, LARGE_PAGE
    mov     ecx, Page.ENTRIES
.page:
    mov     [rdi], rax
    add     rax, Page.LARGE
    add     rdi, 8
    dec     ecx
    jnz     .page
    inc     ebx
    jmp     .gib
.done:
    pop     r12
    pop     rbp
    pop     rbx
    ret
