; The invariants of one thread: what it waits for, who waits for it.
;
; `check_thread` is called with rbx = T of a thread that is alive, r15 = that of the one that will run.

check_thread:
    call    check_keys
    call    check_rank
    call    check_wait
    call    check_clients
    jmp     check_senders

; What a server has only while it waits itself, and so can't reply: its client keeps its key meanwhile.
const PASSING = ThreadFlags.timed | ThreadFlags.fault

; A key stands for a plain wait, and for nothing else.
check_keys:
    lea     rsi, [rip + text_keys]
    mov     eax, [rbx + Thread.receive_key]
    mov     ecx, [rbx + Thread.reply_key]
    test    eax, eax
    jz      .no_receive_key
    cmp     eax, [rbx + Thread.base_rank]
    jne     invariant_broken
    test    ecx, ecx
    jnz     invariant_broken
    cmp     dword ptr [rbx + Thread.flags], 0
    jne     invariant_broken
    cmp     dword ptr [rbx + Thread.state], ThreadState.READY
    jne     invariant_broken
.no_receive_key:
    test    ecx, ecx
    jz      .done
    cmp     ecx, [rbx + Thread.rank]
    jne     invariant_broken
    test    dword ptr [rbx + Thread.flags], SLOW_CLIENT
    jnz     invariant_broken
    cmp     dword ptr [rbx + Thread.state], ThreadState.READY
    jne     invariant_broken
    mov     rdx, [rbx + Thread.partner]
    test    dword ptr [rdx + Thread.flags], ~PASSING
    jnz     invariant_broken
.done:
    ret

; I9: the rank is what it serves; a thread that has no higher one than its own is not bumped.
check_rank:
    lea     rsi, [rip + text_rank]
    mov     eax, [rbx + Thread.base_rank]
    mov     rcx, [rbx + Thread.caller]
    mov     ecx, [rcx + Thread.rank]
    cmp     eax, ecx
    cmovb   eax, ecx
    mov     ecx, [rbx + Thread.queue_rank]
    cmp     eax, ecx
    cmovb   eax, ecx
    cmp     eax, [rbx + Thread.rank]
    jne     invariant_broken
    cmp     eax, [rbx + Thread.base_rank]
    setne   al
    test    dword ptr [rbx + Thread.flags], ThreadFlags.bumped
    setnz   cl
    cmp     al, cl
    jb      invariant_broken                      ; bumped, but at its own rank
    ret

; What the thread waits for knows of it (I1, I2, I3, I10), and it waits for nothing that is there (I4).
check_wait:
    lea     rsi, [rip + text_i10]
    cmp     dword ptr [rbx + Thread.heap_index], 0
    setne   al
    test    dword ptr [rbx + Thread.flags], ThreadFlags.timed
    setnz   cl
    cmp     al, cl
    jne     invariant_broken
    mov     ecx, [rbx + Thread.state]
    cmp     dword ptr [rbx + Thread.reply_key], 0
    jne     .client
    cmp     dword ptr [rbx + Thread.receive_key], 0
    jne     .receiving
    cmp     ecx, ThreadState.REPLY_WAIT
    je      .client
    cmp     ecx, ThreadState.SENDING
    je      .sender
    cmp     ecx, ThreadState.RECEIVING
    je      .state_receiving
    cmp     ecx, ThreadState.WAITING
    je      .signals
    cmp     ecx, ThreadState.SLEEPING
    je      .done
    lea     rsi, [rip + text_i10]
    test    dword ptr [rbx + Thread.flags], ThreadFlags.timed
    jnz     invariant_broken
.done:
    ret
.state_receiving:
    test    dword ptr [rbx + Thread.accepts], Receive.SIGNALS
    jz      .messages
.receiving:
    lea     rsi, [rip + text_i4]
    cmp     qword ptr [rbx + Thread.pending], 0
    jne     invariant_broken
.messages:
    lea     rsi, [rip + text_i4]
    cmp     qword ptr [rbx + Thread.queue_head], 0
    jne     invariant_broken
    lea     rax, [rip + nobody + Thread.origin]
    cmp     [rbx + Thread.caller], rax
    jne     invariant_broken
    ret
.signals:
    lea     rsi, [rip + text_i4]
    cmp     qword ptr [rbx + Thread.pending], 0
    jne     invariant_broken
    ret
.client:
    lea     rsi, [rip + text_i1]
    mov     rdx, [rbx + Thread.partner]
    mov     rcx, [rbx + Thread.reply_slot]
    test    rcx, rcx
    jnz     .saved
    cmp     [rdx + Thread.caller], rbx
    jne     invariant_broken
    jmp     check_chain
.saved:
    cmp     [rdx + Thread.caller], rbx
    je      invariant_broken
    cmp     byte ptr [rcx + Slot.type], ObjectType.REPLY
    jne     invariant_broken
    cmp     [rcx + Slot.address], rbx
    jne     invariant_broken
    jmp     check_chain
.sender:
    lea     rsi, [rip + text_i2]
    mov     rdx, [rbx + Thread.partner]
    mov     rdx, [rdx + Thread.queue_head]
    xor     eax, eax                    ; how often it is there
    mov     ecx, MANY
.queue:
    test    rdx, rdx
    jz      .counted
    xor     r8d, r8d
    cmp     rdx, rbx
    sete    r8b
    add     eax, r8d
    mov     rdx, [rdx + Thread.next]
    dec     ecx
    jnz     .queue
    jmp     invariant_broken
.counted:
    cmp     eax, 1
    jne     invariant_broken
    ; fall through

; I3: whoever rbx waits for, and whoever that one waits for, is never rbx.
check_chain:
    lea     rsi, [rip + text_i3]
    mov     rdx, rbx
    mov     ecx, MANY
.next:
    cmp     dword ptr [rdx + Thread.reply_key], 0
    jne     .waits
    mov     eax, [rdx + Thread.state]
    cmp     eax, ThreadState.REPLY_WAIT
    je      .waits
    cmp     eax, ThreadState.SENDING
    jne     .done
.waits:
    mov     rdx, [rdx + Thread.partner]
    cmp     rdx, rbx
    je      invariant_broken
    dec     ecx
    jnz     .next
    jmp     invariant_broken
.done:
    ret

; I1, from the server's side: its caller and its saved clients wait for it.
check_clients:
    lea     rsi, [rip + text_i1]
    mov     rdx, [rbx + Thread.caller]
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rdx, rax
    je      .saved
    cmp     rdx, gone + Thread.origin
    je      .saved
    cmp     qword ptr [rdx + Thread.reply_slot], 0
    jne     invariant_broken
    call    waits_for_reply
.saved:
    mov     rdx, [rbx + Thread.saved_clients]
    xor     r8d, r8d
    mov     r9d, MANY
.next:
    test    rdx, rdx
    jz      .done
    cmp     qword ptr [rdx + Thread.reply_slot], 0
    je      invariant_broken
    cmp     [rdx + Thread.previous], r8
    jne     invariant_broken
    call    waits_for_reply
    mov     r8, rdx
    mov     rdx, [rdx + Thread.next]
    dec     r9d
    jnz     .next
    jmp     invariant_broken
.done:
    ret

; The thread in rdx waits for the reply of the one in rbx.
waits_for_reply:
    cmp     [rdx + Thread.partner], rbx
    jne     invariant_broken
    cmp     dword ptr [rdx + Thread.reply_key], 0
    jne     .done
    cmp     dword ptr [rdx + Thread.state], ThreadState.REPLY_WAIT
    jne     invariant_broken
.done:
    ret

; I2, from the server's side: who is in its queue is sending to it, and the flag says whether there is one.
check_senders:
    lea     rsi, [rip + text_i2]
    mov     rdx, [rbx + Thread.queue_head]
    test    rdx, rdx
    setnz   al
    test    dword ptr [rbx + Thread.flags], ThreadFlags.queued
    setnz   cl
    cmp     al, cl
    jne     invariant_broken
    xor     r8d, r8d
    mov     r9d, MANY
.next:
    test    rdx, rdx
    jz      .end
    cmp     [rdx + Thread.partner], rbx
    jne     invariant_broken
    cmp     dword ptr [rdx + Thread.state], ThreadState.SENDING
    jne     invariant_broken
    cmp     [rdx + Thread.previous], r8
    jne     invariant_broken
    mov     r8, rdx
    mov     rdx, [rdx + Thread.next]
    dec     r9d
    jnz     .next
    jmp     invariant_broken
.end:
    test    r8, r8
    jz      .signals
    cmp     [rbx + Thread.queue_tail], r8
    jne     invariant_broken
.signals:
    lea     rsi, [rip + text_i4]
    cmp     qword ptr [rbx + Thread.pending], 0
    setne   al
    test    dword ptr [rbx + Thread.flags], ThreadFlags.signalled
    setnz   cl
    cmp     al, cl
    jne     invariant_broken
    ret
