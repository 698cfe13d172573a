; map and unmap: frames into address spaces.
;
; Jumped to by ipc/slow.asm with rbx = T, rdi = the Frame's handle. `call_map` also takes, from T's
; frame, rsi = the Space's handle, rdx = the virtual address, r8 = FrameRights. Every check precedes
; every write; a page table that is missing is charged to the Space and kept until the Space dies.
; A Frame counts its writable and its executable mappings and never has both, so that no two mappings
; together undo W^X. One Frame slot holds one mapping.

const PTE_TABLE   = PageTableEntry.present | PageTableEntry.writable | PageTableEntry.user
const PTE_PAGE    = PageTableEntry.present | PageTableEntry.user
const INDEX_MASK  = Page.ENTRIES - 1
const INDEX_BITS  = 9
const TOP_SHIFT   = Page.SHIFT + 3 * INDEX_BITS

call_map:
    mov     esi, ObjectType.FRAME
    mov     rdx, [rbx + Thread.frame.r8]
    cmp     rdx, FrameRights.read | FrameRights.write | FrameRights.execute
    mov     eax, Status.BAD_ARGUMENT
    ja      complete
    test    edx, FrameRights.read       ; x86 pages are always readable
    jz      complete
    mov     eax, Status.W_XOR_X
    mov     ecx, edx
    and     ecx, FrameRights.write | FrameRights.execute
    cmp     ecx, FrameRights.write | FrameRights.execute
    je      complete
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r12, rcx                    ; r12 = the Frame's slot
    mov     r13, rdx                    ; r13 = its header
    mov     rdi, [rbx + Thread.frame.rsi]
    mov     esi, ObjectType.SPACE
    mov     edx, SpaceRights.map
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r14, rdx                    ; r14 = the Space's header
    call    check_mapping
    test    eax, eax
    jnz     complete
    call    find_entry                  ; rcx = the entry's address
    test    eax, eax
    jnz     complete

    mov     eax, Status.MAPPED
    test    qword ptr [rcx], PageTableEntry.present
    jnz     complete
    mov     rax, [r13 + ObjectHeader.target]
    or      rax, PTE_PAGE
    mov     edx, [rbx + Thread.frame.r8]
    test    edx, FrameRights.write
    jz      .read_only
    or      rax, PageTableEntry.writable
    inc     word ptr [r13 + ObjectHeader.writable_mappings]
.read_only:
    test    edx, FrameRights.execute
    jnz     .executable
    bts     rax, PageTableEntry.no_execute.shift
    jmp     .store
.executable:
    inc     word ptr [r13 + ObjectHeader.executable_mappings]
.store:
    mov     [rcx], rax
    mov     rax, [rbx + Thread.frame.rdx]
    mov     [r12 + Slot.address], rax
    mov     rax, r14
    mov     rcx, objects
    sub     rax, rcx
    mov     [r12 + Slot.mapped_space], eax
    xor     eax, eax
    jmp     complete

; Checks what map was asked for, with r12 and r13 = the Frame's slot and header. Returns eax = Status.
check_mapping:
    mov     eax, Status.MAPPED
    cmp     dword ptr [r12 + Slot.mapped_space], 0
    jne     .done
    mov     eax, Status.BAD_ADDRESS
    mov     rdx, [rbx + Thread.frame.rdx]
    test    edx, Page.SIZE - 1
    jnz     .done
    cmp     rdx, User.MINIMUM
    jb      .done
    mov     rcx, User.LIMIT
    cmp     rdx, rcx
    jae     .done
    mov     eax, Status.W_XOR_X
    mov     edx, [rbx + Thread.frame.r8]
    test    edx, FrameRights.write
    jz      .no_write
    cmp     word ptr [r13 + ObjectHeader.executable_mappings], 0
    jne     .done
.no_write:
    test    edx, FrameRights.execute
    jz      .no_execute
    cmp     word ptr [r13 + ObjectHeader.writable_mappings], 0
    jne     .done
.no_execute:
    xor     eax, eax
.done:
    ret

; Walks the tables of the Space with header r14 down to the entry of the page that map names, and makes
; the tables that are missing. Returns eax = Status, rcx = the entry's address. What it made before
; it failed stays charged to the Space, empty: the next map there finds it.
find_entry:
    push    r15
    push    rbp
    mov     r15, [r14 + ObjectHeader.target]    ; the Space
    mov     rbp, [r15 + Space.pml4]
    mov     r8d, TOP_SHIFT
.level:
    mov     rcx, r8
    mov     rdx, [rbx + Thread.frame.rdx]
    shr     rdx, cl
    and     edx, INDEX_MASK
    mov     rcx, Kernel.DIRECT
    add     rcx, rbp
    lea     rcx, [rcx + rdx * 8]
    cmp     r8d, Page.SHIFT
    je      .found
    mov     rbp, [rcx]
    test    ebp, PageTableEntry.present
    jnz     .descend
    mov     eax, Status.NO_QUOTA
    mov     rdx, [r15 + Space.frames_used]
    cmp     rdx, [r15 + Space.frame_limit]
    jae     .done
    push    rcx
    push    r8
    call    allocate_frame
    pop     r8
    pop     rcx
    mov     rbp, rax
    test    rax, rax
    mov     eax, Status.NO_QUOTA
    jz      .done
    inc     qword ptr [r15 + Space.frames_used]
    or      rbp, PTE_TABLE
    mov     [rcx], rbp
.descend:
    mov     rax, PageTableEntry.address
    and     rbp, rax
    sub     r8d, INDEX_BITS
    jmp     .level
.found:
    xor     eax, eax
.done:
    pop     rbp
    pop     r15
    ret

call_unmap:
    mov     esi, ObjectType.FRAME
    xor     edx, edx
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r12, rcx
    mov     r13, rdx
    mov     eax, Status.BAD_STATE
    mov     r14d, [r12 + Slot.mapped_space]
    test    r14d, r14d
    jz      complete
    mov     rcx, objects
    add     r14, rcx
    mov     rax, [r12 + Slot.address]
    mov     [rbx + Thread.frame.rdx], rax       ; where find_entry looks
    call    find_entry                  ; the tables are there: map made them
    mov     rdx, [rcx]
    mov     qword ptr [rcx], 0
    mov     rax, [r12 + Slot.address]
    invlpg  [rax]                       ; another Space's entries went with its CR3
    test    edx, PageTableEntry.writable
    jz      .not_writable
    dec     word ptr [r13 + ObjectHeader.writable_mappings]
.not_writable:
    bt      rdx, PageTableEntry.no_execute.shift
    jc      .not_executable
    dec     word ptr [r13 + ObjectHeader.executable_mappings]
.not_executable:
    mov     dword ptr [r12 + Slot.mapped_space], 0
    mov     qword ptr [r12 + Slot.address], 0
    xor     eax, eax
    jmp     complete
