; Threads that wait, and what ends that.
;
; All of these are called, with rdi = T of any thread; rbx, rbp, r12 to r15 are kept. A thread that waits
; is found again by whatever it waits for: as a `caller` or in a Reply slot (REPLY_WAIT), in its partner's
; queue (SENDING), in the heap of deadlines (flag `timed`). Whoever ends the wait first takes it out of all of
; them; who comes later finds a thread that does not wait, so that no two ends of one wait ever meet.
;
; A key stands for a state that the fast path may end: `receive_key` for RECEIVING anything with no flag
; set, `reply_key` for REPLY_WAIT of a plain client on a server with no flag. `demote` writes the state.

const SLOW_CLIENT = SPECIAL_FLAGS | ThreadFlags.fault | ThreadFlags.timed | ThreadFlags.slice_spent

; Turns a key into the state that it stands for. Keeps rdi and rsi.
demote:
    cmp     dword ptr [rdi + Thread.receive_key], 0
    je      demote_client
    mov     dword ptr [rdi + Thread.receive_key], 0
    mov     dword ptr [rdi + Thread.state], ThreadState.RECEIVING
    mov     dword ptr [rdi + Thread.accepts], Receive.MESSAGES | Receive.SIGNALS
    ret
demote_client:
    cmp     dword ptr [rdi + Thread.reply_key], 0
    je      .done
    mov     dword ptr [rdi + Thread.reply_key], 0
    mov     dword ptr [rdi + Thread.state], ThreadState.REPLY_WAIT
.done:
    ret

; Sets the flags esi: the thread is not to be reached by the fast path, nor to answer by it. Keeps rdi.
set_flag:
    or      [rdi + Thread.flags], esi
    test    esi, SLOW_CLIENT
    jnz     .all
    cmp     dword ptr [rdi + Thread.receive_key], 0
    je      .client
.all:
    call    demote
.client:
    push    rdi
    mov     rdi, [rdi + Thread.caller]
    call    demote_client
    pop     rdi
    ret

; ZF clear when the thread waits for a message.
is_receiving:
    xor     eax, eax
    cmp     dword ptr [rdi + Thread.state], ThreadState.RECEIVING
    sete    al
    or      eax, [rdi + Thread.receive_key]
    ret

; Makes the client in rdi wait for the reply of the server in rsi, which owes it from now on.
await_reply:
    mov     [rsi + Thread.caller], rdi
    mov     [rdi + Thread.partner], rsi
    mov     qword ptr [rdi + Thread.reply_slot], 0
    xor     eax, eax
    mov     ecx, ThreadState.REPLY_WAIT
    test    dword ptr [rdi + Thread.flags], SLOW_CLIENT
    jnz     .slow
    cmp     dword ptr [rsi + Thread.flags], 0
    jne     .slow
    mov     eax, [rdi + Thread.rank]
    xor     ecx, ecx                    ; ThreadState.READY: the key says more
.slow:
    mov     [rdi + Thread.reply_key], eax
    mov     [rdi + Thread.state], ecx
    ret

; Makes the thread, whose wait has ended, ready.
wake:
    and     dword ptr [rdi + Thread.flags], ~ThreadFlags.slice_spent
    call    leave_heap
    mov     dword ptr [rdi + Thread.receive_key], 0
    mov     dword ptr [rdi + Thread.reply_key], 0
    jmp     enqueue

; Ends the thread's wait with Status esi, which it finds in its frame. A thread that waits for the answer to its
; fault has nobody to answer it any more: it is FAULTED. No effect on a thread that does not wait.
unblock:
    push    r12
    mov     r12d, esi
    call    withdraw
    test    eax, eax
    jz      .done
    test    dword ptr [rdi + Thread.flags], ThreadFlags.fault
    jnz     .faulted
    mov     eax, r12d
    shl     eax, Abi.STATUS_SHIFT
    call    write_result
    call    wake
.done:
    pop     r12
    ret
.faulted:
    pop     r12
    jmp     end_unsupervised

; Takes the thread out of whatever it waits for: its partner, the heap. Returns eax = 1, and the thread is
; READY but in no queue; or 0 when it waits for nothing. Keeps rdi.
withdraw:
    call    demote
    call    leave_heap
    mov     eax, [rdi + Thread.state]
    cmp     eax, ThreadState.RECEIVING
    je      .withdrawn
    cmp     eax, ThreadState.WAITING
    je      .withdrawn
    cmp     eax, ThreadState.SLEEPING
    je      .withdrawn
    cmp     eax, ThreadState.SENDING
    je      .sender
    cmp     eax, ThreadState.REPLY_WAIT
    je      .client
    xor     eax, eax
    ret
.sender:
    call    unlink_sender
    jmp     .partner
.client:
    cmp     qword ptr [rdi + Thread.reply_slot], 0
    jne     .saved
    mov     rax, [rdi + Thread.partner]
    mov     qword ptr [rax + Thread.caller], gone + Thread.origin
    call    pay                         ; who runs may have served it
.partner:
    mov     dword ptr [rdi + Thread.state], ThreadState.READY
    push    rdi
    mov     rdi, [rdi + Thread.partner]
    call    recompute_rank
    pop     rdi
    mov     eax, 1
    ret
.saved:
    call    forget_saved
.withdrawn:
    mov     dword ptr [rdi + Thread.state], ThreadState.READY
    mov     eax, 1
    ret

; Takes the client out of its server's list of saved clients, and empties the Reply slot. Keeps rdi.
forget_saved:
    mov     rdx, [rdi + Thread.reply_slot]
    mov     qword ptr [rdi + Thread.reply_slot], 0
    mov     byte ptr [rdx + Slot.type], ObjectType.NONE
    mov     qword ptr [rdx + Slot.address], 0
    mov     rdx, [rdi + Thread.previous]
    mov     rcx, [rdi + Thread.next]
    mov     rax, [rdi + Thread.partner]
    test    rdx, rdx
    jz      .first
    mov     [rdx + Thread.next], rcx
    jmp     .behind
.first:
    mov     [rax + Thread.saved_clients], rcx
.behind:
    test    rcx, rcx
    jz      .done
    mov     [rcx + Thread.previous], rdx
.done:
    ret

; Puts the sender at the end of its partner's queue. Keeps rdi.
link_sender:
    mov     dword ptr [rdi + Thread.state], ThreadState.SENDING
    mov     qword ptr [rdi + Thread.next], 0
    mov     rsi, [rdi + Thread.partner]
    mov     rax, [rsi + Thread.queue_tail]
    mov     [rsi + Thread.queue_tail], rdi
    cmp     qword ptr [rsi + Thread.queue_head], 0
    je      .first
    mov     [rdi + Thread.previous], rax
    mov     [rax + Thread.next], rdi
    ret
.first:
    mov     qword ptr [rdi + Thread.previous], 0
    mov     [rsi + Thread.queue_head], rdi
    push    rdi
    mov     rdi, rsi
    mov     esi, ThreadFlags.queued
    call    set_flag
    pop     rdi
    ret

; Takes the sender out of its partner's queue. Keeps rdi.
unlink_sender:
    mov     rsi, [rdi + Thread.partner]
    mov     rdx, [rdi + Thread.previous]
    mov     rcx, [rdi + Thread.next]
    test    rdx, rdx
    jz      .head
    mov     [rdx + Thread.next], rcx
    jmp     .behind
.head:
    mov     [rsi + Thread.queue_head], rcx
.behind:
    test    rcx, rcx
    jz      .tail
    mov     [rcx + Thread.previous], rdx
    ret
.tail:
    mov     [rsi + Thread.queue_tail], rdx
    test    rdx, rdx
    jnz     .done
    and     dword ptr [rsi + Thread.flags], ~ThreadFlags.queued
    mov     dword ptr [rsi + Thread.queue_rank], 0
.done:
    ret

; Makes the frame of a light thread whole, so that it can be read and written. Keeps rdi.
settle:
    cmp     dword ptr [rdi + Thread.light], 0
    je      .whole
    mov     qword ptr [rdi + Thread.light], 0
    mov     rax, [rdi + Thread.frame.rax]
    push    qword ptr [rdi + Thread.frame.rdi]
    call    write_result
    pop     qword ptr [rdi + Thread.frame.rdi]
.whole:
    ret

; Writes rax, and 0 to every other register that a call returns, to the thread's frame. Keeps rdi.
write_result:
    mov     rdx, rdi
    mov     r8, rax
    lea     rdi, [rdi + Thread.frame]
    xor     eax, eax
    mov     ecx, TrapFrame.rax / 8
    rep stosq
    mov     [rdx + Thread.frame.rax], r8
    mov     qword ptr [rdx + Thread.frame.rflags], RETURN_FLAGS
    mov     rdi, rdx
    ret
