; destroy: Threads.
;
; `kill_thread` is called with rdi = offset of the header of any thread, r15d as in destroy.asm. A
; thread that is not current is taken out of whatever it waits for at once, and no call reaches it any
; more. Then its Endpoints and Notifications end, and whoever waits for it is woken with DEAD: senders,
; clients whose right to a reply it saved, and the one that it serves. A thread whose fault it was told
; of ends FAULTED. Only then do its pages go.

kill_thread:
    push    r12
    push    r13
    mov     r13, rdi                    ; r13 = its header's offset
    mov     r12, [rdi + objects + ObjectHeader.target]      ; r12 = its T
    cmp     r12, rbx
    je      .held                       ; goes on until the last step
    mov     eax, [r12 + Thread.receive_key]
    or      eax, [r12 + Thread.reply_key]
    or      eax, [r12 + Thread.state]
    jz      .ready
    cmp     dword ptr [r12 + Thread.state], ThreadState.DYING
    je      .held
    mov     rdi, r12
    call    withdraw
    jmp     .out
.ready:
    mov     rdi, r12
    call    unlink_ready
.out:
    mov     dword ptr [r12 + Thread.state], ThreadState.DYING
.held:
    call    leave_everybody
    test    eax, eax
    jnz     .done
    call    forget_thread
    xor     eax, eax
.done:
    pop     r13
    pop     r12
    ret

; Ends what is bound to the thread r12 and wakes who waits for it. Returns eax = 0, or AGAIN.
leave_everybody:
    sub     r15d, HEAVY
    js      again
    mov     edi, [r12 + Thread.served]
    test    edi, edi
    jz      .senders
    call    kill_bound
    jmp     leave_everybody
.senders:
    mov     rdi, [r12 + Thread.queue_head]
    test    rdi, rdi
    jnz     .wake
    mov     rdi, [r12 + Thread.saved_clients]
    test    rdi, rdi
    jnz     .wake
    mov     rdi, [r12 + Thread.caller]
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rdi, rax
    je      .done
    lea     rax, [rip + gone + Thread.origin]
    cmp     rdi, rax
    je      .done
.wake:
    test    dword ptr [rdi + Thread.flags], ThreadFlags.fault
    jz      .plain
    xor     r15d, r15d                  ; the kernel's line about it is enough for one call
.plain:
    mov     esi, Status.DEAD
    call    unblock
    jmp     leave_everybody
.done:
    xor     eax, eax
    ret

; The thread r12 with header r13 leaves the processor's memory of it, and its Space; its pages are
; freed.
forget_thread:
    mov     rdi, r12
    call    forget_special
    cmp     [rip + cpu + Cpu.payer], r12
    jne     .not_payer
    lea     rax, [rip + nobody + Thread.origin]     ; it is the caller, and works for nobody
    mov     [rip + cpu + Cpu.payer], rax
.not_payer:
    mov     rax, [r12 + Thread.space]
    mov     rdi, [rax + objects + ObjectHeader.target]
    mov     rax, [r12 + Thread.space_next]
    mov     rcx, [r12 + Thread.space_previous]
    test    rcx, rcx
    jz      .first
    mov     [rcx + Thread.space_next], rax
    jmp     .behind
.first:
    mov     [rdi + Space.threads], rax
.behind:
    test    rax, rax
    jz      .unlinked
    mov     [rax + Thread.space_previous], rcx
.unlinked:
    mov     rsi, [r12 + Thread.buffer_address]
    test    rsi, rsi
    jz      .not_mapped
    mov     edx, Page.SHIFT
    call    find_entry                  ; the tables are there
    mov     qword ptr [rcx], 0
    invlpg  [rsi]
.not_mapped:
    dec     qword ptr [rip + frames + Frames.threads]
    mov     rax, Kernel.WINDOW
    cmp     r12, rax
    jae     .header                     ; in the image
    mov     rdi, [r12 + Thread.buffer]
    mov     rax, Kernel.DIRECT + Abi.REGISTER_WORDS * 8
    sub     rdi, rax
    call    free_frame
    lea     rdi, [r12 - Thread.origin]
    mov     rax, Kernel.DIRECT
    sub     rdi, rax
    call    free_frame
.header:
    mov     rdi, r13
    mov     esi, THREAD_FRAMES
    jmp     free_header
