; call, off the fast path: errors, long messages, servers that are busy or special.
;
; `call_call` is jumped to by slow.asm with rbx = T, rdi = handle, eax = words. `call_server` is
; jumped to by it and by fault.asm with rbx = T, rbp = the server's T, and badge, words and kind set in
; rbx: it delivers the message or queues the caller, and leaves to `schedule`.

call_call:
    cmp     eax, Abi.MESSAGE_WORDS
    mov     ecx, eax
    mov     eax, Status.BAD_ARGUMENT
    ja      complete
    mov     r12d, ecx
    mov     esi, ObjectType.ENDPOINT
    mov     edx, EndpointRights.call
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rbp, [rdx + ObjectHeader.target]
    mov     rdx, [rcx + Slot.badge]
    call    check_cycle
    test    eax, eax
    jnz     complete
    mov     [rbx + Thread.badge], rdx
    mov     [rbx + Thread.words], r12d
    mov     dword ptr [rbx + Thread.kind], Kind.CALL
    ; fall through

call_server:
    mov     [rbx + Thread.partner], rbp
    mov     rdi, rbp
    call    is_receiving
    jz      .queue
    mov     dword ptr [rbp + Thread.receive_key], 0
    mov     rdi, rbx
    mov     rsi, rbp
    call    deliver
    call    await_reply
    mov     rdi, rbp
    call    enqueue
    jmp     schedule
.queue:
    mov     dword ptr [rbx + Thread.state], ThreadState.SENDING
    mov     qword ptr [rbx + Thread.next], 0
    mov     rax, [rbp + Thread.queue_tail]
    mov     [rbp + Thread.queue_tail], rbx
    cmp     qword ptr [rbp + Thread.queue_head], 0
    je      .first
    mov     [rax + Thread.next], rbx
    jmp     schedule
.first:
    mov     [rbp + Thread.queue_head], rbx
    or      dword ptr [rbp + Thread.flags], ThreadFlags.queued
    jmp     schedule

; Makes the client in rdi wait for the reply of the server in rsi, which owes it from now on. A thread
; with a flag gets no key, so that the fast path leaves it alone.
await_reply:
    mov     [rsi + Thread.caller], rdi
    mov     [rdi + Thread.partner], rsi
    mov     eax, [rdi + Thread.rank]
    mov     ecx, ThreadState.READY
    cmp     dword ptr [rdi + Thread.flags], 0
    je      .plain
    xor     eax, eax
    mov     ecx, ThreadState.REPLY_WAIT
.plain:
    mov     [rdi + Thread.reply_key], eax
    mov     [rdi + Thread.state], ecx
    ret

; ZF clear when the thread in rdi waits for a message.
is_receiving:
    xor     eax, eax
    cmp     dword ptr [rdi + Thread.state], ThreadState.RECEIVING
    sete    al
    or      eax, [rdi + Thread.receive_key]
    ret

; Returns eax = 0, or CYCLE when the server in rbp waits, perhaps through others, for rbx, or TOO_DEEP
; when more than Abi.PARTNERS threads wait in a row. Keeps rdx.
check_cycle:
    mov     rdi, rbp
    mov     esi, Abi.PARTNERS
.next:
    mov     eax, Status.CYCLE
    cmp     rdi, rbx
    je      .done
    mov     eax, [rdi + Thread.reply_key]
    test    eax, eax
    jnz     .waits
    mov     eax, [rdi + Thread.state]
    cmp     eax, ThreadState.REPLY_WAIT
    je      .waits
    cmp     eax, ThreadState.SENDING
    je      .waits
    xor     eax, eax
.done:
    ret
.waits:
    mov     rdi, [rdi + Thread.partner]
    dec     esi
    jns     .next
    mov     eax, Status.TOO_DEEP
    ret

; Copies the message of the sender in rdi to the receiver in rsi: ten words from frame to frame, more
; from buffer to buffer. Keeps rdi and rsi. The registers that carry no word become 0.
deliver:
    mov     ecx, [rdi + Thread.words]
    mov     eax, [rdi + Thread.kind]
    shl     eax, Abi.KIND_SHIFT
    or      eax, ecx
    mov     [rsi + Thread.frame.rax], rax
    mov     rax, [rdi + Thread.badge]
    mov     [rsi + Thread.frame.rdi], rax
    xor     eax, eax
    mov     [rsi + Thread.frame.rcx], rax
    mov     [rsi + Thread.frame.r11], rax
    mov     [rsi + Thread.frame.r15], rax
    mov     qword ptr [rsi + Thread.frame.rflags], RETURN_FLAGS
    test    dword ptr [rdi + Thread.flags], ThreadFlags.fault
    jnz     deliver_fault
    mov     rax, [rdi + Thread.frame.rsi]
    mov     [rsi + Thread.frame.rsi], rax
    mov     rax, [rdi + Thread.frame.rdx]
    mov     [rsi + Thread.frame.rdx], rax
    mov     rax, [rdi + Thread.frame.r8]
    mov     [rsi + Thread.frame.r8], rax
    mov     rax, [rdi + Thread.frame.r9]
    mov     [rsi + Thread.frame.r9], rax
    mov     rax, [rdi + Thread.frame.r10]
    mov     [rsi + Thread.frame.r10], rax
    mov     rax, [rdi + Thread.frame.rbx]
    mov     [rsi + Thread.frame.rbx], rax
    mov     rax, [rdi + Thread.frame.r12]
    mov     [rsi + Thread.frame.r12], rax
    mov     rax, [rdi + Thread.frame.r13]
    mov     [rsi + Thread.frame.r13], rax
    mov     rax, [rdi + Thread.frame.r14]
    mov     [rsi + Thread.frame.r14], rax
    mov     rax, [rdi + Thread.frame.rbp]
    mov     [rsi + Thread.frame.rbp], rax
    sub     ecx, Abi.REGISTER_WORDS
    jbe     .short
    push    rsi
    push    rdi
    mov     rax, [rdi + Thread.buffer]
    mov     rdi, [rsi + Thread.buffer]
    mov     rsi, rax
    rep movsq
    pop     rdi
    pop     rsi
.short:
    ret
