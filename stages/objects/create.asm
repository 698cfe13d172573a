; create: new objects, paid for by a Space.
;
; Jumped to by ipc/slow.asm with rbx = T, rdi = the handle of the Space that pays; in T's frame rsi =
; the ObjectType, rdx = an empty slot of the caller's own, and from r8 on what the type asks for.
; `create_NAME` is jumped to with r12 = the record of the Space that pays, r13 = the slot, and leaves to
; `created` with rax = the new header's offset. Every check precedes every write; what a quota or the
; memory does not allow is refused last. Each type's capability has all rights that there are.

call_create:
    mov     esi, ObjectType.SPACE
    mov     edx, SpaceRights.control
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r12, [rdx + ObjectHeader.target]
    mov     rcx, [rbx + Thread.frame.rsi]
    dec     rcx
    cmp     rcx, ObjectType.IO_PORTS
    jae     refuse_argument
    mov     rdi, [rbx + Thread.space]
    mov     rdi, [rdi + objects + ObjectHeader.target]
    mov     rsi, [rbx + Thread.frame.rdx]
    call    empty_slot
    test    eax, eax
    jnz     complete
    mov     r13, rcx
    mov     ecx, [rbx + Thread.frame.rsi]
    jmp     [rcx * 8 + create_table]

; Fills the slot r13 with the capability for the object rax.
created:
    mov     [r13 + Slot.object], rax
    mov     rcx, [rax + objects + ObjectHeader.generation]
    shl     rcx, Key.TAG_BITS
    mov     [r13 + Slot.key], rcx
    movzx   ecx, byte ptr [rax + objects + ObjectHeader.type]
    mov     [r13 + Slot.type], cl
    mov     cl, [rcx + all_rights]
    cmp     byte ptr [rax + objects + ObjectHeader.device], 0
    je      .memory
    and     cl, ~FrameRights.execute
.memory:
    mov     [r13 + Slot.rights], cl
    mov     rdi, r13
    call    tag_key
    xor     eax, eax
    jmp     complete

; r8 = Thread: who serves it, or gets its signals.
create_endpoint:
create_notification:
    mov     rdi, [rbx + Thread.frame.r8]
    mov     esi, ObjectType.THREAD
    mov     edx, ThreadRights.control
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r14, [rdx + ObjectHeader.target]    ; r14 = the thread's T
    mov     rdi, r12
    xor     esi, esi
    mov     edx, 1
    call    charge
    test    eax, eax
    jnz     complete
    mov     esi, [rbx + Thread.frame.rsi]
    mov     rdx, r14
    call    new_header
    mov     rdx, [rax + objects + ObjectHeader.generation]
    shl     rdx, Key.TAG_BITS
    or      rdx, Key.FAST
    cmp     esi, ObjectType.ENDPOINT
    je      .endpoint
    mov     [rax + objects + ObjectHeader.signal_key], rdx
    jmp     .bind
.endpoint:
    mov     [rax + objects + ObjectHeader.call_key], rdx
.bind:
    mov     ecx, [r14 + Thread.served]
    mov     [r14 + Thread.served], eax
    mov     [rax + objects + ObjectHeader.chain], ecx
    test    ecx, ecx
    jz      created
    mov     [rcx + objects + ObjectHeader.chain_previous], eax
    jmp     created
