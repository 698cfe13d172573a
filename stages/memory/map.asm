; map: frames into address spaces.
;
; Jumped to by ipc/slow.asm with rbx = T, rdi = the Frame's handle, and in T's frame rsi = the Space's
; handle, rdx = the virtual address, r8 = FrameRights. Every check precedes every write; a page table
; that is missing is charged to the Space and kept until the Space dies. A Frame counts its writable and
; its executable mappings and never has both, so that no two mappings together undo W^X. One Frame slot
; holds one mapping, and is in two lists: of its Frame's mappings, and of those into the same Space.

const PTE_PAGE    = PageTableEntry.present | PageTableEntry.user
const MOST_COUNTED = 0x8000             ; mappings of one kind: half of what the header can count
const MAP_RIGHTS  = FrameRights.read | FrameRights.write | FrameRights.execute
const SMALL_OFFSET = Page.SIZE - 1
const LARGE_OFFSET = Page.LARGE - 1

call_map:
    mov     rdx, [rbx + Thread.frame.r8]
    cmp     rdx, MAP_RIGHTS
    mov     eax, Status.BAD_ARGUMENT
    ja      complete
    test    edx, FrameRights.read       ; x86 pages are always readable
    jz      complete
    mov     eax, Status.W_XOR_X
    cmp     edx, MAP_RIGHTS
    je      complete
    mov     esi, ObjectType.FRAME
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
    mov     r14, [rdx + ObjectHeader.target]    ; r14 = the Space
    call    check_mapping
    test    eax, eax
    jnz     complete
    mov     rdi, r14
    mov     rsi, [rbx + Thread.frame.rdx]
    mov     edx, Page.SHIFT
    mov     ecx, Page.LARGE_SHIFT
    cmp     byte ptr [r13 + ObjectHeader.large], 0
    cmovne  edx, ecx
    call    find_entry                  ; rcx = the entry's address
    test    eax, eax
    jnz     complete
    mov     eax, Status.MAPPED
    cmp     qword ptr [rcx], 0
    jne     complete
    call    write_entry
    call    link_mapping
    xor     eax, eax
    jmp     complete

; Checks what map was asked for, with r12 and r13 = the Frame's slot and header. Returns eax = Status.
check_mapping:
    mov     eax, Status.MAPPED
    cmp     qword ptr [r12 + Slot.entry], 0
    jne     .done
    mov     edi, SMALL_OFFSET
    mov     ecx, LARGE_OFFSET
    cmp     byte ptr [r13 + ObjectHeader.large], 0
    cmovne  edi, ecx
    mov     rsi, [rbx + Thread.frame.rdx]
    call    check_address
    test    eax, eax
    jnz     .done
    mov     edx, [rbx + Thread.frame.r8]
    movzx   ecx, word ptr [r13 + ObjectHeader.writable_mappings]
    movzx   esi, word ptr [r13 + ObjectHeader.executable_mappings]
    test    edx, FrameRights.write
    jnz     .counted
    xchg    ecx, esi
    test    edx, FrameRights.execute
    jz      .done                       ; eax = 0
.counted:
    mov     eax, Status.W_XOR_X         ; esi = how many mappings deny this one
    test    esi, esi
    jnz     .done
    mov     eax, Status.NO_QUOTA
    cmp     ecx, MOST_COUNTED
    je      .done
    xor     eax, eax
.done:
    ret

; rsi = an address for a page of which edi = size - 1. Returns eax = 0, or BAD_ADDRESS unless the page
; lies where a task may have one. Keeps rdi and rsi.
check_address:
    mov     eax, Status.BAD_ADDRESS
    test    rsi, rdi
    jnz     .done
    cmp     rsi, User.MINIMUM
    jb      .done
    lea     rdx, [rsi + rdi]            ; its last byte
    mov     rcx, User.LIMIT
    cmp     rdx, rcx
    jae     .done
    xor     eax, eax
.done:
    ret

; Writes the entry at rcx that maps the Frame r12, r13 with the rights in frame.r8, and counts it. Keeps
; rcx.
write_entry:
    mov     rax, [r13 + ObjectHeader.target]
    or      rax, PTE_PAGE
    cmp     byte ptr [r13 + ObjectHeader.large], 0
    je      .small
    or      rax, PageDirectoryEntry2M.large
.small:
    cmp     byte ptr [r13 + ObjectHeader.device], 0
    je      .memory
    or      rax, PageTableEntry.cache_disable | PageTableEntry.write_through
.memory:
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
    ret

; Notes in the slot r12 that the entry rcx maps its Frame r13 in the Space r14 at frame.rdx, and puts it
; at the head of both lists.
link_mapping:
    mov     [r12 + Slot.entry], rcx
    mov     rax, [rbx + Thread.frame.rdx]
    mov     [r12 + Slot.address], rax
    mov     rax, [r14 + Space.object]
    mov     [r12 + Slot.mapped_space], eax
    mov     rsi, Kernel.DIRECT
    mov     rdi, r12
    sub     rdi, rsi
    shr     rdi, SlotNumber.SHIFT             ; edi = the slot's number
    mov     eax, [r13 + ObjectHeader.chain]
    mov     [r13 + ObjectHeader.chain], edi
    mov     [r12 + Slot.frame_next], eax
    mov     dword ptr [r12 + Slot.frame_previous], 0
    test    eax, eax
    jz      .first_of_frame
    shl     rax, SlotNumber.SHIFT
    mov     [rsi + rax + Slot.frame_previous], edi
.first_of_frame:
    mov     eax, [r14 + Space.mappings]
    mov     [r14 + Space.mappings], edi
    mov     [r12 + Slot.space_next], eax
    mov     dword ptr [r12 + Slot.space_previous], 0
    test    eax, eax
    jz      .first_of_space
    shl     rax, SlotNumber.SHIFT
    mov     [rsi + rax + Slot.space_previous], edi
.first_of_space:
    ret
