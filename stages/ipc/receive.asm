; reply_recv and recv, off the fast path; reply and reply_save.
;
; Jumped to by slow.asm with rbx = T, rdi = handle, eax = words. The two that receive end in `receive`, which
; takes signals, or the first queued sender, or waits.

call_recv:
    mov     eax, Status.BAD_ARGUMENT
    cmp     rdi, Receive.MESSAGES | Receive.SIGNALS
    ja      complete
    mov     [rbx + Thread.accepts], edi
    test    edi, Receive.MESSAGES
    jz      receive
    lea     rdx, [rip + nobody + Thread.origin]
    mov     rcx, [rbx + Thread.caller]
    cmp     rcx, rdx
    je      receive
    mov     eax, Status.OWES_REPLY
    cmp     rcx, gone + Thread.origin
    jne     complete
    mov     [rbx + Thread.caller], rdx
    jmp     receive

call_reply_recv:
    call    check_reply
    test    eax, eax
    jnz     complete
    mov     dword ptr [rbx + Thread.accepts], Receive.MESSAGES | Receive.SIGNALS
    call    take_caller
    cmp     eax, Status.NO_CALLER
    je      complete
    test    eax, eax
    jnz     receive                     ; the client has left
    call    answer
    ; fall through

; Receives what rbx accepts.
receive:
    test    dword ptr [rbx + Thread.accepts], Receive.SIGNALS
    jz      .messages
    cmp     qword ptr [rbx + Thread.pending], 0
    jne     take_signals
.messages:
    test    dword ptr [rbx + Thread.accepts], Receive.MESSAGES
    jz      .wait
    mov     rdi, [rbx + Thread.queue_head]
    test    rdi, rdi
    jz      .wait
    call    unlink_sender
    mov     rsi, rbx
    call    deliver
    cmp     dword ptr [rdi + Thread.kind], Kind.SEND
    je      .sent
    call    await_reply
    call    pay
    jmp     .received
.sent:
    xor     eax, eax
    call    write_result
    call    wake
.received:
    mov     rdi, rbx
    call    recompute_rank
    jmp     resume_or_yield
.wait:
    mov     rdi, rbx
    call    recompute_rank              ; a caller it answered, a queue that is empty now
    call    check_deadline
    test    eax, eax
    jnz     complete
    call    start_deadline
    xor     eax, eax
    mov     ecx, ThreadState.RECEIVING
    cmp     dword ptr [rbx + Thread.flags], 0
    jne     .special
    cmp     dword ptr [rbx + Thread.accepts], Receive.MESSAGES | Receive.SIGNALS
    jne     .special
    mov     eax, [rbx + Thread.base_rank]
    xor     ecx, ecx                    ; ThreadState.READY: the key says more
    jmp     .store
.special:
    test    dword ptr [rbx + Thread.accepts], Receive.MESSAGES
    jnz     .store
    mov     ecx, ThreadState.WAITING
    test    dword ptr [rbx + Thread.accepts], Receive.SIGNALS
    jnz     .store
    mov     ecx, ThreadState.SLEEPING
.store:
    mov     [rbx + Thread.receive_key], eax
    mov     [rbx + Thread.state], ecx
    jmp     schedule

; reply: to the caller, or to the client whose reply right is in a slot. Never waits.
call_reply:
    mov     r12, rdi
    call    check_reply
    test    eax, eax
    jnz     complete
    test    r12, r12
    jnz     .saved
    call    take_caller
    test    eax, eax
    jnz     complete
    jmp     .answer
.saved:
    mov     rdi, r12
    mov     esi, ObjectType.REPLY
    xor     edx, edx
    call    lookup
    cmp     eax, Status.DEAD            ; the null object's generation is no slot's: it is a Reply
    jne     complete
    mov     rdi, [rcx + Slot.address]
    mov     rbp, rdi
    call    forget_saved
.answer:
    call    answer
    mov     rdi, rbx
    call    recompute_rank
    xor     eax, eax
    jmp     complete

; reply_save: moves the right to reply into an empty slot of one's own.
call_reply_save:
    mov     rsi, rdi
    mov     rdi, [rbx + Thread.space]
    mov     rdi, [rdi + objects + ObjectHeader.target]
    call    find_slot
    mov     r12, rax
    test    rax, rax
    mov     eax, Status.BAD_HANDLE
    jz      complete
    mov     eax, Status.SLOT_BUSY
    cmp     byte ptr [r12 + Slot.type], ObjectType.NONE
    jne     complete
    call    take_caller
    test    eax, eax
    jnz     complete
    mov     rdi, rbp
    call    demote
    mov     byte ptr [r12 + Slot.type], ObjectType.REPLY
    mov     [r12 + Slot.address], rbp
    mov     [rbp + Thread.reply_slot], r12
    mov     rax, [rbx + Thread.saved_clients]
    mov     [rbx + Thread.saved_clients], rbp
    mov     [rbp + Thread.next], rax
    mov     qword ptr [rbp + Thread.previous], 0
    test    rax, rax
    jz      .first
    mov     [rax + Thread.previous], rbp
.first:
    mov     rdi, rbx
    call    recompute_rank
    xor     eax, eax
    jmp     complete

; Returns eax = 0 when rbx may reply with eax words, else the Status.
check_reply:
    cmp     eax, Abi.MESSAGE_WORDS
    ja      .bad
    mov     [rbx + Thread.words], eax
    mov     dword ptr [rbx + Thread.kind], Kind.CALL    ; 0: a reply's rax is its word count
    mov     qword ptr [rbx + Thread.badge], 0
    jmp     check_capability
.bad:
    mov     eax, Status.BAD_ARGUMENT
    ret

; Takes the right to reply from rbx: rbp = the client, eax = 0; or eax = NO_CALLER, or GONE when it no
; longer waits.
take_caller:
    lea     rdx, [rip + nobody + Thread.origin]
    mov     rbp, [rbx + Thread.caller]
    mov     [rbx + Thread.caller], rdx
    mov     eax, Status.NO_CALLER
    cmp     rbp, rdx
    je      .done
    mov     eax, Status.GONE
    cmp     rbp, gone + Thread.origin
    je      .done
    call    pay
    xor     eax, eax
.done:
    ret

; Sends rbx's reply to the client in rbp, which waits for it.
answer:
    test    dword ptr [rbp + Thread.flags], ThreadFlags.fault
    jnz     answer_fault
    mov     rdi, rbx
    mov     rsi, rbp
    call    deliver
    mov     rdi, rbp
    jmp     wake
