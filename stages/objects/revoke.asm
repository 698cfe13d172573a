; revoke: an object that only its revoker still names.
;
; Jumped to by ipc/slow.asm with rbx = T, rdi = the handle. Every other capability for the object is
; DEAD at once, because its generation is a new one that only this slot gets. A Frame loses all its
; mappings, some in each call: AGAIN while there are more. Supervisors and Irqs that named the object by
; its old generation are told nothing any more.

call_revoke:
    call    lookup_object
    test    eax, eax
    jnz     complete
    movzx   esi, byte ptr [rcx + Slot.type]
    mov     al, [rsi + control_rights]
    test    [rcx + Slot.rights], al
    mov     eax, Status.NO_RIGHT
    jz      complete
    inc     qword ptr [rdx + ObjectHeader.generation]
    mov     rax, [rdx + ObjectHeader.generation]
    shl     rax, Key.TAG_BITS
    mov     [rcx + Slot.key], rax
    mov     rdi, rcx
    call    tag_key
    or      rax, Key.FAST
    cmp     esi, ObjectType.ENDPOINT
    jne     .no_calls
    mov     [rdx + ObjectHeader.call_key], rax
.no_calls:
    cmp     esi, ObjectType.NOTIFICATION
    jne     .no_signals
    mov     [rdx + ObjectHeader.signal_key], rax
.no_signals:
    cmp     esi, ObjectType.FRAME
    mov     eax, 0
    jne     complete
    mov     r12, rdx
    mov     r15d, WORK
    call    unmap_frame
    jmp     complete

; Takes the mappings of the Frame with header r12 away, as long as there is work left to do in r15d.
; Returns eax = 0, or AGAIN when some are left.
unmap_frame:
    mov     edi, [r12 + ObjectHeader.chain]
    test    edi, edi
    jz      .done
    sub     r15d, HEAVY
    js      again
    shl     rdi, SlotNumber.SHIFT
    mov     rax, Kernel.DIRECT
    add     rdi, rax
    call    unmap_slot
    jmp     unmap_frame
.done:
    xor     eax, eax
    ret
again:
    mov     eax, Status.AGAIN
    ret
