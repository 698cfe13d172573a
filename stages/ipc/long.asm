; Messages of more than ten words on the fast path.
;
; Jumped to from syscall.asm with rsp = T and the registers as the task gave them but rcx and r11;
; `long_call` with rax = words, `long_reply` likewise. The same checks as for a short message come first;
; then words 10 and up go from buffer to buffer, and the short path does the rest: it enters
; `call_commit` or `reply_commit` with every register as if the message had been short.
;
; Both buffers are pinned and mapped by the kernel, so the copy can't fault. A word costs one iteration.

long_call:
    test    rdi, [rsp + Thread.bad_mask]
    jnz     slow_call
    add     rdi, [rsp + Thread.slots]
    mov     rcx, [rdi + Slot.object]
    mov     r11, [rdi + Slot.key]
    cmp     r11, [rcx + objects + ObjectHeader.call_key]
    jne     slow_call_of_slot
    mov     r11, [rcx + objects + ObjectHeader.target]
    mov     ecx, [rsp + Thread.rank]
    cmp     ecx, [r11 + Thread.receive_key]
    ja      slow_call_of_slot
    mov     r15, rdi
    mov     [rsp + Thread.frame.rsi], rsi       ; word 0 steps aside
    lea     ecx, [rax - Abi.REGISTER_WORDS]
    mov     rsi, [rsp + Thread.buffer]
    mov     rdi, [r11 + Thread.buffer]
    rep movsq
    mov     rsi, [rsp + Thread.frame.rsi]
    mov     rdi, r15
    mov     ecx, [rsp + Thread.rank]
    jmp     call_commit

long_reply:
    mov     r11, [rsp + Thread.caller]
    mov     ecx, [r11 + Thread.reply_key]
    cmp     ecx, [rip + cpu + Cpu.top]
    jb      slow_reply
    mov     r15, rsi
    lea     ecx, [rax - Abi.REGISTER_WORDS]
    mov     rsi, [rsp + Thread.buffer]
    mov     rdi, [r11 + Thread.buffer]
    rep movsq
    mov     rsi, r15
    jmp     reply_commit
