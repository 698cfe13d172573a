; Handles to slots and objects, off the fast path: which check failed.
;
; All of these are called with rbx = T of the caller, and return eax = 0 or the Status of the first
; check that fails, in the order BAD_HANDLE, EMPTY, WRONG_TYPE, DEAD, NO_RIGHT. They write nothing. An
; object whose destruction has begun is DEAD to everybody but DESTROY, which goes on with it.

; rdi = handle, esi = ObjectType, edx = rights that must all be held. Returns rcx = the Slot, rdx = the
; ObjectHeader.
lookup:
    mov     r8d, edx
    call    own_slot
    test    eax, eax
    jnz     .done
    mov     eax, Status.WRONG_TYPE
    cmp     [rcx + Slot.type], sil
    jne     .done
    call    alive_object
    test    eax, eax
    jnz     .done
    movzx   r9d, byte ptr [rcx + Slot.rights]
    not     r9d
    test    r9d, r8d                    ; wanted and not held
    jz      .done
    mov     eax, Status.NO_RIGHT
.done:
    ret

; rdi = handle of an object of any type. Returns rcx = the Slot, rdx = the ObjectHeader. The right to
; reply to somebody is no object: WRONG_TYPE.
lookup_object:
    call    own_slot
    test    eax, eax
    jnz     lookup.done
    mov     eax, Status.WRONG_TYPE
    cmp     byte ptr [rcx + Slot.type], ObjectType.REPLY
    je      lookup.done
    ; fall through

; rcx = a Slot that is not empty. Returns rdx = its ObjectHeader, eax = DEAD unless the slot still means
; it and it is whole. Keeps rcx, rsi, rdi and r8.
alive_object:
    call    named_object
    cmp     byte ptr [rdx + ObjectHeader.state], ObjectState.ALIVE
    je      .done
    mov     eax, Status.DEAD
.done:
    ret

; The same, but an object whose destruction has begun will do.
named_object:
    mov     rdx, [rcx + Slot.object]
    add     rdx, objects
    mov     r9, [rcx + Slot.key]
    shr     r9, Key.TAG_BITS
    xor     eax, eax
    cmp     r9, [rdx + ObjectHeader.generation]
    je      .done
    mov     eax, Status.DEAD
.done:
    ret

; rdi = handle. Returns rcx = the caller's slot, which holds something. Keeps rsi, rdi, r8.
own_slot:
    mov     rdx, [rbx + Thread.space]
    mov     rdx, [rdx + objects + ObjectHeader.target]
    mov     rcx, [rdx + Space.slot_count]
    imul    rcx, rcx, Slot.size
    mov     eax, Status.BAD_HANDLE
    cmp     rdi, rcx
    jae     .done
    test    dil, Slot.size - 1
    jnz     .done
    mov     rcx, [rdx + Space.slots]
    add     rcx, rdi
    mov     eax, Status.EMPTY
    cmp     byte ptr [rcx + Slot.type], ObjectType.NONE
    je      .done
    xor     eax, eax
.done:
    ret

; rdi = a Space's record, rsi = handle. Returns rax = that Space's slot, 0 when it has none; slot 0
; stays empty and is nobody's. Keeps rdi and rsi.
find_slot:
    mov     rcx, [rdi + Space.slot_count]
    imul    rcx, rcx, Slot.size
    xor     eax, eax
    cmp     rsi, rcx
    jae     .done
    test    sil, Slot.size - 1
    jnz     .done
    test    rsi, rsi
    jz      .done
    mov     rax, [rdi + Space.slots]
    add     rax, rsi
.done:
    ret

; rdi = a Space's record, rsi = handle of a slot to fill. Returns rcx = the slot, and eax = BAD_HANDLE
; or SLOT_BUSY.
empty_slot:
    call    find_slot
    mov     rcx, rax
    test    rax, rax
    mov     eax, Status.BAD_HANDLE
    jz      .done
    mov     eax, Status.SLOT_BUSY
    cmp     byte ptr [rcx + Slot.type], ObjectType.NONE
    jne     .done
    xor     eax, eax
.done:
    ret
