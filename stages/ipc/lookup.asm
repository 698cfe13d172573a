; Handles to objects, off the fast path: which check failed.
;
; `lookup` is called with rdi = handle, esi = ObjectType, edx = rights that must all be held, rbx = T.
; It returns rax = 0, rcx = the Slot, rdx = the ObjectHeader; or rax = the first failing check's Status,
; in the order BAD_HANDLE, EMPTY, WRONG_TYPE, DEAD, NO_RIGHT. It writes nothing.

lookup:
    mov     r8d, edx
    mov     rax, [rbx + Thread.space]
    mov     rax, [rax + objects + ObjectHeader.target]
    mov     rdx, [rax + Space.slot_count]
    imul    rdx, rdx, Slot.size
    mov     eax, Status.BAD_HANDLE
    cmp     rdi, rdx
    jae     .done
    test    dil, Slot.size - 1
    jnz     .done
    mov     rcx, [rbx + Thread.slots]
    add     rcx, rdi
    mov     eax, Status.EMPTY
    movzx   edx, byte ptr [rcx + Slot.type]
    test    edx, edx
    jz      .done
    mov     eax, Status.WRONG_TYPE
    cmp     edx, esi
    jne     .done
    mov     rdx, [rcx + Slot.object]
    add     rdx, objects
    mov     r9, [rcx + Slot.key]
    shr     r9, Key.TAG_BITS
    mov     eax, Status.DEAD
    cmp     r9, [rdx + ObjectHeader.generation]
    jne     .done
    mov     eax, Status.NO_RIGHT
    movzx   r9d, byte ptr [rcx + Slot.rights]
    not     r9d
    test    r9d, r8d                    ; wanted and not held
    jnz     .done
    xor     eax, eax
.done:
    ret
