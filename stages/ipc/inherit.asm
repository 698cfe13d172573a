; Priority inheritance: who serves a higher thread runs at its priority.
;
; A thread's rank is the highest of its base rank, its caller's rank, and the highest rank of those that queued
; at it since its queue was last empty. A fault is a call, so pagers inherit too.

; Recomputes the rank of the thread in rdi after one of the three changed, and passes it on to whom it waits
; for, Abi.PARTNERS of them at most.
recompute_rank:
    push    r12
    push    r13
    mov     r12d, Abi.PARTNERS
.next:
    mov     r13d, [rdi + Thread.base_rank]
    mov     rcx, [rdi + Thread.caller]
    mov     ecx, [rcx + Thread.rank]
    cmp     r13d, ecx
    cmovb   r13d, ecx
    mov     ecx, [rdi + Thread.queue_rank]
    cmp     r13d, ecx
    cmovb   r13d, ecx
    cmp     r13d, [rdi + Thread.rank]
    je      .same
    call    move_to_rank
    cmp     r13d, [rdi + Thread.base_rank]
    je      .not_bumped
    mov     esi, ThreadFlags.bumped
    call    set_flag
    jmp     .flagged
.not_bumped:
    and     dword ptr [rdi + Thread.flags], ~ThreadFlags.bumped
.flagged:
    mov     rsi, [rdi + Thread.partner]
    cmp     dword ptr [rdi + Thread.reply_key], 0
    jne     .plain_client
    cmp     dword ptr [rdi + Thread.state], ThreadState.REPLY_WAIT
    je      .client
    cmp     dword ptr [rdi + Thread.state], ThreadState.SENDING
    jne     .done
    cmp     r13d, [rsi + Thread.queue_rank]
    jbe     .done
    mov     [rsi + Thread.queue_rank], r13d
    jmp     .client
.same:
    cmp     r13d, [rdi + Thread.base_rank]
    jne     .done
    and     dword ptr [rdi + Thread.flags], ~ThreadFlags.bumped
    jmp     .done
.plain_client:
    mov     [rdi + Thread.reply_key], r13d
.client:
    mov     rdi, rsi
    dec     r12d
    jnz     .next
.done:
    pop     r13
    pop     r12
    ret

; Gives the thread in rdi rank r13d, in its queue if it is in one. Keeps rdi.
move_to_rank:
    mov     eax, [rdi + Thread.receive_key]
    or      eax, [rdi + Thread.reply_key]
    or      eax, [rdi + Thread.state]   ; 0: it is READY
    jnz     .not_queued
    cmp     rdi, [rip + cpu + Cpu.tss.rsp0]
    je      .not_queued
    call    unlink_ready
    mov     [rdi + Thread.rank], r13d
    jmp     enqueue
.not_queued:
    mov     [rdi + Thread.rank], r13d
    cmp     dword ptr [rdi + Thread.receive_key], 0
    je      .done
    mov     [rdi + Thread.receive_key], r13d    ; it receives, plain: this is its base rank
.done:
    ret
