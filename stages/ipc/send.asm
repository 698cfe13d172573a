; call and send, off the fast path: errors, long or timed messages, capabilities, servers that are busy or
; special.
;
; `call_call` and `call_send` are jumped to by slow.asm with rbx = T, rdi = handle, eax = words.
; `call_server` is jumped to by them and by fault.asm with rbx = T, rbp = the server's T, and badge,
; words, kind and call_flags set in rbx: it delivers the message or queues the sender.

call_call:
    mov     r12d, Kind.CALL
    jmp     send_message
call_send:
    mov     r12d, Kind.SEND
send_message:
    cmp     eax, Abi.MESSAGE_WORDS
    mov     r13d, eax
    mov     eax, Status.BAD_ARGUMENT
    ja      complete
    mov     esi, ObjectType.ENDPOINT
    mov     edx, EndpointRights.call
    test    dword ptr [rbx + Thread.call_flags], Abi.CAPABILITY
    jz      .no_capability
    mov     edx, EndpointRights.call | EndpointRights.grant
.no_capability:
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rbp, [rdx + ObjectHeader.target]
    mov     r14, [rcx + Slot.badge]
    mov     eax, Status.DEAD
    cmp     dword ptr [rbp + Thread.state], ThreadState.DYING
    je      complete
    call    check_capability
    test    eax, eax
    jnz     complete
    call    check_cycle
    test    eax, eax
    jnz     complete
    call    check_deadline
    test    eax, eax
    jnz     .poll
.send:
    mov     [rbx + Thread.badge], r14
    mov     [rbx + Thread.words], r13d
    mov     [rbx + Thread.kind], r12d
    jmp     call_server

; No time to wait: only what a receiver takes at once can be sent, and a call waits for its reply.
.poll:
    cmp     r12d, Kind.SEND
    jne     complete
    mov     r15d, eax
    mov     rdi, rbp
    call    is_receiving
    mov     eax, r15d
    jz      complete
    jmp     .send

call_server:
    mov     [rbx + Thread.partner], rbp
    mov     rdi, rbp
    call    is_receiving
    jz      .queue
    mov     rdi, rbx
    mov     rsi, rbp
    call    deliver
    mov     rdi, rbp
    call    leave_heap
    cmp     dword ptr [rbx + Thread.kind], Kind.SEND
    je      .sent
    call    start_deadline
    mov     rdi, rbx
    mov     rsi, rbp
    call    await_reply
    mov     rdi, rbp
    call    recompute_rank
    mov     rdi, rbp
    call    wake
    jmp     schedule
.sent:
    mov     rdi, rbp
    call    wake
    xor     eax, eax
    jmp     complete
.queue:
    call    start_deadline
    mov     rdi, rbx
    call    link_sender
    mov     eax, [rbx + Thread.rank]
    cmp     eax, [rbp + Thread.queue_rank]
    jbe     .ranked
    mov     [rbp + Thread.queue_rank], eax
    mov     rdi, rbp
    call    recompute_rank
.ranked:
    jmp     schedule

; Returns eax = 0, or CYCLE when the server in rbp waits, perhaps through others, for rbx, or TOO_DEEP
; when more than Abi.PARTNERS threads wait in a row.
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

; Returns eax = 0 when rbx may wait: its call has no deadline, or one that is still to come, which is then in
; `deadline`; else WOULD_BLOCK for a deadline of 0, or TIMED_OUT.
check_deadline:
    xor     eax, eax
    test    dword ptr [rbx + Thread.call_flags], Abi.DEADLINE
    jz      .done
    mov     rdx, [rbx + Thread.frame.r15]
    mov     [rbx + Thread.deadline], rdx
    mov     eax, Status.WOULD_BLOCK
    test    rdx, rdx
    jz      .done
    call    clock_now
    cmp     [rbx + Thread.deadline], rax
    mov     eax, Status.TIMED_OUT
    jbe     .done
    xor     eax, eax
.done:
    ret

; Lets rbx wait until its deadline only, if its call has one.
start_deadline:
    test    dword ptr [rbx + Thread.call_flags], Abi.DEADLINE
    jz      .forever
    mov     rdi, rbx
    cmp     qword ptr [rbx + Thread.deadline], Abi.FOREVER
    jne     enter_heap
.forever:
    ret
