; Messages that carry a capability, on the fast path.
;
; Jumped to from syscall.asm with rsp = T, rax as the task gave it and the other registers too but rcx and
; r11. The same checks as for other messages come first; then the capability goes from the slot that the sender's buffer
; names to the receiver's receive slot, the words beyond ten from buffer to buffer, and the short path does
; the rest: it enters `call_commit` or `reply_commit` with rax = words | Abi.RECEIVED. Whatever is not as it
; should be is for the slow path to tell: nothing has been written then.

capability_call:
    test    rdi, [rsp + Thread.bad_mask]
    jnz     slow_call
    mov     [rsp + Thread.frame.rsi], rsi       ; two words step aside
    mov     [rsp + Thread.frame.rdx], rdx
    add     rdi, [rsp + Thread.slots]
    mov     rcx, [rdi + Slot.object]
    mov     r11, [rdi + Slot.key]
    cmp     r11, [rcx + objects + ObjectHeader.call_key]
    jne     capability_slow_slot
    test    byte ptr [rdi + Slot.rights], EndpointRights.grant
    jz      capability_slow_slot
    mov     r11, [rcx + objects + ObjectHeader.target]
    mov     ecx, [rsp + Thread.rank]
    cmp     ecx, [r11 + Thread.receive_key]
    ja      capability_slow_slot
    jmp     send_capability
capability_reply:
    mov     [rsp + Thread.frame.rsi], rsi
    mov     [rsp + Thread.frame.rdx], rdx
    mov     r11, [rsp + Thread.caller]
    mov     ecx, [r11 + Thread.reply_key]
    cmp     ecx, [rip + cpu + Cpu.top]
    jb      slow_call

; The receiver is r11. From here on rcx = its slot, rdx = the sender's.
send_capability:
    mov     rsi, [rsp + Thread.buffer]
    mov     rdx, [rsi + BUFFER_CAPABILITY]
    test    rdx, [rsp + Thread.bad_mask]
    jnz     capability_slow
    add     rdx, [rsp + Thread.slots]
    mov     rcx, [r11 + Thread.receive_slot]
    test    rcx, rcx
    jz      capability_slow
    add     rcx, [r11 + Thread.slots]
    cmp     byte ptr [rcx + Slot.type], ObjectType.NONE
    jne     capability_slow
    movzx   r15d, byte ptr [rdx + Slot.type]
    cmp     r15d, ObjectType.REPLY
    je      capability_slow
    test    r15d, r15d                  ; ObjectType.NONE
    jz      capability_slow
    mov     [rcx + Slot.type], r15b
    mov     r15, [rdx + Slot.object]
    mov     [rcx + Slot.object], r15
    mov     r15, [rdx + Slot.badge]
    mov     [rcx + Slot.badge], r15
    mov     r15, [rdx + Slot.key]
    mov     [rcx + Slot.key], r15
    movzx   esi, byte ptr [rsi + BUFFER_RIGHTS]
    and     sil, [rdx + Slot.rights]
    mov     [rcx + Slot.rights], sil
    test    sil, EndpointRights.call    ; and NotificationRights.signal: what the key's tag is for
    jnz     .tagged
    and     byte ptr [rcx + Slot.key], ~Key.FAST
.tagged:
    mov     r15, rax                    ; which call it is
    movzx   eax, al
    cmp     eax, Abi.REGISTER_WORDS
    jbe     .short
    mov     rdx, rdi                    ; the Endpoint's slot
    lea     ecx, [rax - Abi.REGISTER_WORDS]
    mov     rsi, [rsp + Thread.buffer]
    mov     rdi, [r11 + Thread.buffer]
    rep movsq
    mov     rdi, rdx
.short:
    or      eax, Abi.RECEIVED
    mov     rsi, [rsp + Thread.frame.rsi]
    mov     rdx, [rsp + Thread.frame.rdx]
    mov     ecx, [rsp + Thread.rank]
    test    r15d, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jz      call_commit
    jmp     reply_commit

capability_slow:
    mov     rsi, [rsp + Thread.frame.rsi]
    mov     rdx, [rsp + Thread.frame.rdx]
    test    eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jnz     slow_call
    sub     rdi, [rsp + Thread.slots]
    jmp     slow_call
capability_slow_slot:
    sub     rdi, [rsp + Thread.slots]
    jmp     slow_call
