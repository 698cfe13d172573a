; reply_recv and recv, off the fast path.
;
; `call_reply_recv` and `call_recv` are jumped to by slow.asm with rbx = T, eax = words. Both end in
; `receive`, which takes the first queued sender or waits.

call_recv:
    lea     rcx, [rip + nobody + Thread.origin]
    cmp     [rbx + Thread.caller], rcx
    je      receive
    mov     eax, Status.OWES_REPLY
    jmp     complete

call_reply_recv:
    cmp     eax, Abi.MESSAGE_WORDS
    mov     ecx, eax
    mov     eax, Status.BAD_ARGUMENT
    ja      complete
    lea     rdx, [rip + nobody + Thread.origin]
    mov     rbp, [rbx + Thread.caller]
    mov     eax, Status.NO_CALLER
    cmp     rbp, rdx
    je      complete
    mov     [rbx + Thread.caller], rdx
    mov     [rbx + Thread.words], ecx
    mov     dword ptr [rbx + Thread.kind], Kind.CALL    ; 0: a reply's rax is its word count
    mov     qword ptr [rbx + Thread.badge], 0
    mov     dword ptr [rbp + Thread.reply_key], 0
    test    dword ptr [rbp + Thread.flags], ThreadFlags.fault
    jnz     reply_to_fault
    mov     rdi, rbx
    mov     rsi, rbp
    call    deliver
wake_client:
    mov     rdi, rbp
    call    enqueue
    ; fall through

; Receives the next message for rbx: that of the first thread in its queue, else it waits.
receive:
    mov     rdi, [rbx + Thread.queue_head]
    test    rdi, rdi
    jz      .wait
    mov     rax, [rdi + Thread.next]
    mov     [rbx + Thread.queue_head], rax
    test    rax, rax
    jnz     .more
    and     dword ptr [rbx + Thread.flags], ~ThreadFlags.queued
.more:
    mov     rsi, rbx
    call    deliver
    call    await_reply
    jmp     resume_or_yield
.wait:
    mov     eax, [rbx + Thread.base_rank]
    mov     ecx, ThreadState.READY
    cmp     dword ptr [rbx + Thread.flags], 0
    je      .plain
    xor     eax, eax
    mov     ecx, ThreadState.RECEIVING
.plain:
    mov     [rbx + Thread.receive_key], eax
    mov     [rbx + Thread.state], ecx
    jmp     schedule
