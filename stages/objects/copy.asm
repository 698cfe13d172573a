; copy and delete: capabilities from table to table.
;
; Jumped to by ipc/slow.asm with rbx = T, rdi = the handle, eax = words. A copy has at most its source's
; rights. Who controls an Endpoint or a Notification may give the copy another badge.

const BADGE_KEPT  = 3                   ; words
const BADGE_GIVEN = 4

; rdi = source; rsi = Space or 0, rdx = slot in it, r8 = rights, r9 = badge.
call_copy:
    mov     r12d, eax
    lea     ecx, [rax - BADGE_KEPT]
    mov     eax, Status.BAD_ARGUMENT
    cmp     ecx, BADGE_GIVEN - BADGE_KEPT
    ja      complete
    call    lookup_object
    test    eax, eax
    jnz     complete
    mov     r13, rcx                    ; r13 = the source's slot
    movzx   ecx, byte ptr [r13 + Slot.rights]
    mov     eax, Status.NO_RIGHT
    mov     r8, rcx
    not     r8
    test    [rbx + Thread.frame.r8], r8
    jnz     complete
    mov     r14, [r13 + Slot.badge]     ; r14 = the copy's badge
    cmp     r12d, BADGE_GIVEN
    jne     .badge
    movzx   edx, byte ptr [r13 + Slot.type]
    test    cl, [rdx + control_rights]
    jz      complete
    mov     eax, Status.BAD_ARGUMENT
    cmp     edx, ObjectType.ENDPOINT
    je      .badged
    cmp     edx, ObjectType.NOTIFICATION
    jne     complete
.badged:
    mov     r14, [rbx + Thread.frame.r9]
.badge:
    mov     rdi, [rbx + Thread.frame.rsi]
    call    slots_of
    test    eax, eax
    jnz     complete
    mov     rsi, [rbx + Thread.frame.rdx]
    call    empty_slot
    test    eax, eax
    jnz     complete
    mov     rdi, rcx
    mov     rsi, r13
    mov     edx, [rbx + Thread.frame.r8]
    mov     r12, rdi
    call    copy_slot
    mov     [r12 + Slot.badge], r14
    mov     rdi, r12
    call    tag_key
    xor     eax, eax
    jmp     complete

; rdi = Space or 0, rsi = slot in it.
call_delete:
    call    slots_of
    test    eax, eax
    jnz     complete
    mov     rsi, [rbx + Thread.frame.rsi]
    call    find_slot
    mov     rdi, rax
    test    rax, rax
    mov     eax, Status.BAD_HANDLE
    jz      complete
    mov     eax, Status.EMPTY
    cmp     byte ptr [rdi + Slot.type], ObjectType.NONE
    je      complete
    call    clear_slot
    xor     eax, eax
    jmp     complete
