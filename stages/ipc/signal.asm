; Notifications: bits for one thread, which it takes when it receives.
;
; `call_signal` is jumped to by slow.asm with rbx = T, rdi = handle. `signal_thread` is called by it and by
; device interrupts with rdi = the thread, rsi = the bits. Waiting for signals keeps the right to reply.

call_signal:
    mov     esi, ObjectType.NOTIFICATION
    mov     edx, NotificationRights.signal
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rdi, [rdx + ObjectHeader.target]
    mov     rsi, [rcx + Slot.badge]
    call    signal_thread
    xor     eax, eax
    jmp     complete

signal_thread:
    test    rsi, rsi
    jz      .nothing
    or      [rdi + Thread.pending], rsi
    cmp     dword ptr [rdi + Thread.receive_key], 0
    jne     .deliver
    mov     eax, [rdi + Thread.state]
    cmp     eax, ThreadState.WAITING
    je      .deliver
    cmp     eax, ThreadState.RECEIVING
    jne     .later
    test    dword ptr [rdi + Thread.accepts], Receive.SIGNALS
    jnz     .deliver
.later:
    mov     esi, ThreadFlags.signalled
    jmp     set_flag
.deliver:
    call    give_signals
    jmp     wake
.nothing:
    ret

; Writes the pending signals to the frame of the thread in rdi.
give_signals:
    and     dword ptr [rdi + Thread.flags], ~ThreadFlags.signalled
    mov     eax, Kind.SIGNAL << Abi.KIND_SHIFT
    call    write_result
    xor     eax, eax
    xchg    rax, [rdi + Thread.pending]
    mov     [rdi + Thread.frame.rdi], rax
    ret

; rbx receives, and signals are there.
take_signals:
    mov     rdi, rbx
    call    give_signals
    mov     rdi, rbx
    call    recompute_rank
    jmp     resume_or_yield
