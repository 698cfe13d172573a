; Slots: copied, cleared, and the handles that name one in another Space's table.
;
; All are called and keep rbx, rbp, r12 to r15. A slot that is not empty has a type; what else it holds
; is only read behind that, so nobody clears a slot but by `clear_slot`.

; Copies the capability of slot rsi to the empty slot rdi with the rights that it shares with the mask
; edx. A mapping is the source's alone.
copy_slot:
    mov     rax, [rsi + Slot.object]
    mov     [rdi + Slot.object], rax
    mov     rax, [rsi + Slot.badge]
    mov     [rdi + Slot.badge], rax
    mov     rax, [rsi + Slot.key]
    mov     [rdi + Slot.key], rax
    and     dl, [rsi + Slot.rights]
    movzx   eax, byte ptr [rsi + Slot.type]
    mov     [rdi + Slot.type], al
    mov     [rdi + Slot.rights], dl
    xor     eax, eax
    mov     [rdi + Slot.mapped_space], eax
    mov     [rdi + Slot.address], rax
    mov     [rdi + Slot.entry], rax
    ; fall through

; Gives the key of slot rdi the tag of its type's fast operation if it holds the right to it: to call an
; Endpoint, or to signal a Notification when the badge has a bit to signal.
tag_key:
    and     byte ptr [rdi + Slot.key], ~Key.FAST
    cmp     byte ptr [rdi + Slot.type], ObjectType.ENDPOINT
    je      .endpoint
    cmp     qword ptr [rdi + Slot.badge], 0     ; no other type has one
    je      .done
    test    byte ptr [rdi + Slot.rights], NotificationRights.signal
    jz      .done
    or      byte ptr [rdi + Slot.key], Key.FAST
.done:
    ret
.endpoint:
    test    byte ptr [rdi + Slot.rights], EndpointRights.call
    jz      .done
    or      byte ptr [rdi + Slot.key], Key.FAST
    ret

; Empties the slot rdi: takes its Frame's mapping away, or tells the client whose right to a reply it
; was.
clear_slot:
    push    rdi
    cmp     qword ptr [rdi + Slot.entry], 0
    je      .not_mapped
    call    unmap_slot
    jmp     .clear
.not_mapped:
    cmp     byte ptr [rdi + Slot.type], ObjectType.REPLY
    jne     .clear
    mov     rdi, [rdi + Slot.address]
    mov     esi, Status.ABANDONED
    call    unblock
.clear:
    pop     rdi
    xor     eax, eax
    mov     ecx, Slot.size / 8
    rep stosq
    ret

; rdi = handle of a Space in whose slots the caller rbx may put and take, 0 for its own. Returns eax =
; Status, and if that is 0 rdi = its record.
slots_of:
    test    rdi, rdi
    jz      .own
    mov     esi, ObjectType.SPACE
    mov     edx, SpaceRights.caps
    call    lookup
    mov     rdi, [rdx + ObjectHeader.target]    ; of whatever the lookup came to, when it failed
    ret
.own:
    mov     rdi, [rbx + Thread.space]
    mov     rdi, [rdi + objects + ObjectHeader.target]
    xor     eax, eax
    ret
