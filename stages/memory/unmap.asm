; unmap: a mapping is taken away.
;
; `call_unmap` is jumped to by ipc/slow.asm with rbx = T, rdi = the Frame's handle. `unmap_slot` is
; called by whoever takes a mapping away: unmap, delete, revoke, destroy. The slot knows the entry, so
; nothing is walked.

call_unmap:
    mov     esi, ObjectType.FRAME
    xor     edx, edx
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rdi, rcx
    mov     eax, Status.BAD_STATE
    cmp     qword ptr [rdi + Slot.entry], 0
    je      complete
    call    unmap_slot
    jmp     complete

; Takes away the mapping of the slot rdi, which has one. Returns eax = 0. Keeps rdi.
unmap_slot:
    mov     rcx, [rdi + Slot.entry]
    mov     rax, [rcx]
    mov     qword ptr [rcx], 0
    mov     rcx, [rdi + Slot.address]
    invlpg  [rcx]                       ; another Space's entries went with its CR3
    mov     rdx, [rdi + Slot.object]
    test    eax, PageTableEntry.writable
    jz      .not_writable
    dec     word ptr [rdx + objects + ObjectHeader.writable_mappings]
.not_writable:
    bt      rax, PageTableEntry.no_execute.shift
    jc      .not_executable
    dec     word ptr [rdx + objects + ObjectHeader.executable_mappings]
.not_executable:
    mov     rsi, Kernel.DIRECT
    mov     eax, [rdi + Slot.frame_next]
    mov     ecx, [rdi + Slot.frame_previous]
    test    ecx, ecx
    jz      .first_of_frame
    shl     rcx, SlotNumber.SHIFT
    mov     [rsi + rcx + Slot.frame_next], eax
    shr     rcx, SlotNumber.SHIFT
    jmp     .frame_linked
.first_of_frame:
    mov     [rdx + objects + ObjectHeader.chain], eax
.frame_linked:
    test    eax, eax
    jz      .frame_done
    shl     rax, SlotNumber.SHIFT
    mov     [rsi + rax + Slot.frame_previous], ecx
.frame_done:
    mov     edx, [rdi + Slot.mapped_space]
    mov     rdx, [rdx + objects + ObjectHeader.target]
    mov     eax, [rdi + Slot.space_next]
    mov     ecx, [rdi + Slot.space_previous]
    test    ecx, ecx
    jz      .first_of_space
    shl     rcx, SlotNumber.SHIFT
    mov     [rsi + rcx + Slot.space_next], eax
    shr     rcx, SlotNumber.SHIFT
    jmp     .space_linked
.first_of_space:
    mov     [rdx + Space.mappings], eax
.space_linked:
    test    eax, eax
    jz      .space_done
    shl     rax, SlotNumber.SHIFT
    mov     [rsi + rax + Slot.space_previous], ecx
.space_done:
    xor     eax, eax
    mov     [rdi + Slot.mapped_space], eax
    mov     [rdi + Slot.address], rax
    mov     [rdi + Slot.entry], rax
    ret
