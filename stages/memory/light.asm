; map and unmap of a page of memory, when nothing is out of the ordinary.
;
; Jumped to from syscall.asm with rsp = T and the registers as the task gave them but rcx and r11: rdi =
; the Frame's handle, for map also rsi = the Space's, rdx = the address, r8 = FrameRights. Nothing is
; written until every check has passed; what fails one goes to `slow_call` with the registers that it
; asks for as they were, and the calls in map.asm and unmap.asm find out which. Registers that are used
; beside rax, rcx and r11 come back as 0, the others as the task had them.
;
; The header's fields from `type` on are one quadword: type, state, the two counts of mappings, large,
; device. By rights, `map_masks` has the bits of it that matter, which must be those of a whole Frame
; with no mapping that denies this one and room in the count; `map_counts` what a mapping adds to it.
; Rights that make no sense have a mask of 0, and 0 is no Frame's.

const FRAME_ALIVE = ObjectType.FRAME | ObjectState.ALIVE << 8
const SPACE_ALIVE = ObjectType.SPACE | ObjectState.ALIVE << 8
const ENTRY_SHIFT = Page.SHIFT - 3
const ENTRY_MASK  = (Page.ENTRIES - 1) * 8
const UNIT_OFFSET = Page.LARGE - 1
const LAST_UNIT   = User.LIMIT | UNIT_OFFSET

light_map:
    test    rdi, [rsp + Thread.bad_mask]
    jnz     slow_map
    test    rsi, [rsp + Thread.bad_mask]
    jnz     slow_map
    mov     r11, [rsp + Thread.slots]
    mov     r9, [r11 + rdi + Slot.object]       ; r9 = the Frame's header
    mov     rax, [r11 + rdi + Slot.key]
    shr     rax, Key.TAG_BITS
    cmp     rax, [r9 + objects + ObjectHeader.generation]
    jne     slow_map
    movzx   ecx, byte ptr [r11 + rdi + Slot.rights]
    not     rcx
    test    r8, rcx                     ; r8 is below 16 then
    jnz     slow_map
    mov     rax, [r8*8 + map_masks]
    and     rax, [r9 + objects + ObjectHeader.type]
    cmp     rax, FRAME_ALIVE
    jne     slow_map
    mov     r12, [r11 + rsi + Slot.object]      ; r12 = the Space's header
    mov     rax, [r11 + rsi + Slot.key]
    shr     rax, Key.TAG_BITS
    cmp     rax, [r12 + objects + ObjectHeader.generation]
    jne     slow_map
    cmp     word ptr [r12 + objects + ObjectHeader.type], SPACE_ALIVE
    jne     slow_map
    test    byte ptr [r11 + rsi + Slot.rights], SpaceRights.map
    jz      slow_map
    cmp     qword ptr [r11 + rdi + Slot.entry], 0
    jne     slow_map
    test    edx, Page.SIZE - 1
    jnz     slow_map
    mov     r13, [r12 + objects + ObjectHeader.target]      ; r13 = its record
    mov     rax, rdx
    or      rax, UNIT_OFFSET
    cmp     rax, [r13 + Space.walked]
    jne     light_walk
.walked:
    mov     r14, [r13 + Space.table]
    mov     eax, edx
    shr     eax, ENTRY_SHIFT
    and     eax, ENTRY_MASK
    add     r14, rax                    ; r14 = the entry
    cmp     qword ptr [r14], 0
    jne     slow_map

    mov     rax, [r9 + objects + ObjectHeader.target]
    or      rax, [r8*8 + map_bits]
    mov     [r14], rax
    mov     rax, [r8*8 + map_counts]
    add     [r9 + objects + ObjectHeader.type], rax
    mov     [r11 + rdi + Slot.entry], r14
    mov     [r11 + rdi + Slot.address], rdx
    mov     [r11 + rdi + Slot.mapped_space], r12d
    lea     rax, [r11 + rdi]
    shr     rax, SlotNumber.SHIFT       ; eax = its number: no bit of Kernel.DIRECT is in there
    mov     r14, Kernel.DIRECT
    mov     ecx, [r9 + objects + ObjectHeader.chain]
    mov     [r9 + objects + ObjectHeader.chain], eax
    mov     [r11 + rdi + Slot.frame_next], rcx          ; and no previous one
    test    ecx, ecx
    jnz     .another
.in_frame:
    mov     ecx, [r13 + Space.mappings]
    mov     [r13 + Space.mappings], eax
    mov     [r11 + rdi + Slot.space_next], rcx          ; and no previous one
    shl     rcx, SlotNumber.SHIFT
    jz      .in_space
    mov     [r14 + rcx + Slot.space_previous], eax
.in_space:
    xor     eax, eax
    xor     r9d, r9d
    xor     r12d, r12d
    xor     r13d, r13d
    xor     r14d, r14d
    mov     rcx, [rsp + Thread.frame.rip]
    mov     rsp, [rsp + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq

light_map.another:
    shl     rcx, SlotNumber.SHIFT
    mov     [r14 + rcx + Slot.frame_previous], eax
    jmp     light_map.in_frame

slow_map:
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    jmp     slow_call

; Finds the page table of address rdx in the Space r13, and keeps it for the next page of those 2 MiB.
; The first and the last of them are never kept, as there are pages in them that no task may have.
light_walk:
    cmp     rdx, User.MINIMUM
    jb      slow_map
    mov     rcx, User.LIMIT
    cmp     rdx, rcx
    jae     slow_map
    mov     r14, Kernel.DIRECT
    mov     r10, PageTableEntry.address
    mov     rcx, rdx
    shr     rcx, TOP_SHIFT
    mov     rax, [r13 + Space.pml4]
    add     rax, r14
    mov     rax, [rax + rcx * 8]
    test    al, PageTableEntry.present
    jz      slow_map
    and     rax, r10
    add     rax, r14
    mov     rcx, rdx
    shr     rcx, TOP_SHIFT - INDEX_BITS
    and     ecx, INDEX_MASK
    mov     rax, [rax + rcx * 8]
    test    al, PageTableEntry.present
    jz      slow_map
    and     rax, r10
    add     rax, r14
    mov     rcx, rdx
    shr     rcx, TOP_SHIFT - 2 * INDEX_BITS
    and     ecx, INDEX_MASK
    mov     rax, [rax + rcx * 8]
    test    al, PageTableEntry.present
    jz      slow_map
    test    al, PageDirectoryEntry2M.large
    jnz     slow_map
    and     rax, r10
    add     r14, rax
    xor     r10d, r10d
    mov     rax, rdx
    or      rax, UNIT_OFFSET
    cmp     rax, UNIT_OFFSET
    je      slow_map
    mov     rcx, LAST_UNIT
    cmp     rax, rcx
    je      slow_map
    mov     [r13 + Space.walked], rax
    mov     [r13 + Space.table], r14
    jmp     light_map.walked

light_unmap:
    test    rdi, [rsp + Thread.bad_mask]
    jnz     slow_unmap
    mov     r11, [rsp + Thread.slots]
    add     r11, rdi                    ; r11 = the slot
    mov     r14, [r11 + Slot.entry]
    test    r14, r14
    jz      slow_unmap
    mov     r9, [r11 + Slot.object]     ; r9 = its Frame's header
    mov     rax, [r11 + Slot.key]
    shr     rax, Key.TAG_BITS
    cmp     rax, [r9 + objects + ObjectHeader.generation]
    jne     slow_unmap
    cmp     word ptr [r9 + objects + ObjectHeader.type], FRAME_ALIVE
    jne     slow_unmap

    mov     rax, [r14]
    mov     qword ptr [r14], 0
    mov     rcx, [r11 + Slot.address]
    invlpg  [rcx]
    test    al, PageTableEntry.writable
    jz      .not_writable
    dec     word ptr [r9 + objects + ObjectHeader.writable_mappings]
.counted:
    mov     r14, Kernel.DIRECT
    mov     rcx, [r11 + Slot.frame_next]
    test    rcx, rcx                    ; and the previous one, in its upper half
    jnz     .several
    mov     dword ptr [r9 + objects + ObjectHeader.chain], 0
.out_of_frame:
    mov     r12d, [r11 + Slot.mapped_space]
    mov     r12, [r12 + objects + ObjectHeader.target]
    mov     ecx, [r11 + Slot.space_next]
    mov     eax, [r11 + Slot.space_previous]
    test    eax, eax
    jnz     .behind
    mov     [r12 + Space.mappings], ecx
.linked:
    shl     rcx, SlotNumber.SHIFT
    jz      .out_of_space
    mov     [r14 + rcx + Slot.space_previous], eax
.out_of_space:
    xor     eax, eax
    mov     [r11 + Slot.mapped_space], eax
    mov     [r11 + Slot.address], rax
    mov     [r11 + Slot.entry], rax
    xor     r9d, r9d
    xor     r12d, r12d
    xor     r14d, r14d
    mov     rcx, [rsp + Thread.frame.rip]
    mov     rsp, [rsp + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq

slow_unmap:
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    jmp     slow_call

light_unmap.not_writable:
    bt      rax, PageTableEntry.no_execute.shift
    jc      light_unmap.counted
    dec     word ptr [r9 + objects + ObjectHeader.executable_mappings]
    jmp     light_unmap.counted

; rcx = next of the same Frame | previous << 32.
light_unmap.several:
    mov     rax, rcx
    shr     rax, 32
    mov     ecx, ecx
    jz      .at_head
    mov     r12, rax
    shl     r12, SlotNumber.SHIFT
    mov     [r14 + r12 + Slot.frame_next], ecx
    jmp     .next_one
.at_head:
    mov     [r9 + objects + ObjectHeader.chain], ecx
.next_one:
    shl     rcx, SlotNumber.SHIFT
    jz      light_unmap.out_of_frame
    mov     [r14 + rcx + Slot.frame_previous], eax
    jmp     light_unmap.out_of_frame

light_unmap.behind:
    mov     r12, rax
    shl     r12, SlotNumber.SHIFT
    mov     [r14 + r12 + Slot.space_next], ecx
    jmp     light_unmap.linked
