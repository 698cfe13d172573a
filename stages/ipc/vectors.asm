; Short calls and replies of threads with vector registers, to others that have them or not.
;
; Jumped to from syscall.asm, where a check has failed that every thread must pass, with rsp = T and the
; registers as the task gave them but rcx and r11. Such a thread has no keys: `state`, with the flags behind it, says
; in one comparison that it waits and that nothing but its vector registers is special about it. Nothing is
; written until every check has passed; what is not simple goes on as if nothing had been tried.
; Leaves by SYSRET to the partner. The ten words stay in their registers, as on the path of all others.
;
; A call keeps no vector registers (fpu.asm), so nothing is saved: they become those of a reset, before the partner
; runs, if they were in use.

const RECEIVES = ThreadFlags.fpu << 32 | ThreadState.RECEIVING
const AWAITS   = ThreadFlags.fpu << 32 | ThreadState.REPLY_WAIT

; call, by a thread whose `bad_mask` lets no handle through, or with a handle that is none.
call_of_special:
    mov     ecx, [rsp + Thread.flags]
    and     ecx, SPECIAL_FLAGS
    cmp     ecx, ThreadFlags.fpu
    jne     slow_call
    mov     rcx, [rsp + Thread.space]
    mov     rcx, [rcx + objects + ObjectHeader.target]
    imul    rcx, [rcx + Space.slot_count], Slot.size
    cmp     rdi, rcx
    jae     slow_call
    test    edi, Slot.size - 1
    jnz     slow_call
    add     rdi, [rsp + Thread.slots]
    mov     rcx, [rdi + Slot.object]
    mov     r11, [rdi + Slot.key]
    cmp     r11, [rcx + objects + ObjectHeader.call_key]
    jne     slow_call_of_slot
    mov     r11, [rcx + objects + ObjectHeader.target]
    mov     ecx, [rsp + Thread.rank]
    cmp     ecx, [r11 + Thread.receive_key]
    jbe     call_with_vectors.commit

; call, with ecx = the caller's rank, rdi = the slot, r11 = the server, whose key is too low or none.
call_with_vectors:
    cmp     ecx, [r11 + Thread.base_rank]
    ja      slow_call_of_slot
    mov     rcx, RECEIVES
    cmp     [r11 + Thread.state], rcx
    jne     slow_call_of_slot
.commit:
    mov     dword ptr [rsp + Thread.state], ThreadState.REPLY_WAIT
    mov     [rsp + Thread.partner], r11
    mov     dword ptr [r11 + Thread.receive_key], 0
    mov     dword ptr [r11 + Thread.state], ThreadState.READY
    mov     [r11 + Thread.caller], rsp
    mov     rdi, [rdi + Slot.badge]
    jmp     switch_with_vectors

; reply_recv, with r11 = `caller`, which has no key or is below a ready thread.
reply_with_vectors:
    test    dword ptr [rsp + Thread.flags], ~ThreadFlags.fpu
    jnz     slow_reply
    mov     ecx, [r11 + Thread.rank]
    cmp     ecx, [rip + cpu + Cpu.top]
    jb      slow_reply                  ; nobody and gone have rank 0
    mov     rcx, AWAITS
    cmp     [r11 + Thread.state], rcx
    je      .commit
    cmp     qword ptr [r11 + Thread.state], ThreadState.REPLY_WAIT      ; and no flag
    jne     slow_reply
    test    dword ptr [rsp + Thread.flags], ThreadFlags.fpu
    jz      slow_reply
.commit:
    mov     dword ptr [r11 + Thread.state], ThreadState.READY
    mov     qword ptr [rsp + Thread.caller], nobody + Thread.origin
    xor     edi, edi                    ; a reply has no badge
    cmp     dword ptr [rsp + Thread.flags], 0
    jne     .no_key
    mov     ecx, [rsp + Thread.base_rank]
    mov     [rsp + Thread.receive_key], ecx
    jmp     switch_with_vectors
.no_key:
    mov     dword ptr [rsp + Thread.state], ThreadState.RECEIVING
    mov     dword ptr [rsp + Thread.accepts], Receive.MESSAGES | Receive.SIGNALS

; From the thread in rsp to the one in r11, of which one at least has vector registers, and neither anything
; else that is special.
switch_with_vectors:
    mov     dword ptr [rsp + Thread.fpu_live], 0
    mov     rcx, [r11 + Thread.cr3]
    cmp     rcx, [rsp + Thread.cr3]
    je      .same_space
    mov     cr3, rcx
.same_space:
    mov     [rip + cpu + Cpu.tss.rsp0], r11
    lea     rsp, [rip + kernel_stack + KernelStack.size]
    cmp     dword ptr [rip + cpu + Cpu.special], 0
    je      .bring_in
    call    reset_vectors
    test    dword ptr [r11 + Thread.flags], ThreadFlags.fpu
    jz      .take_out
.own:
    mov     [rip + cpu + Cpu.fpu_owner], r11
.leave:
    xor     r15d, r15d                  ; not a word of the message
    mov     rcx, [r11 + Thread.frame.rip]
    mov     rsp, [r11 + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq
.bring_in:
    clts                                ; they are those of a reset already
    mov     dword ptr [rip + cpu + Cpu.special], ThreadFlags.fpu
    jmp     .own
.take_out:
    mov     rcx, cr0
    or      rcx, Cr0.task_switched
    mov     cr0, rcx
    mov     dword ptr [rip + cpu + Cpu.special], 0
    mov     qword ptr [rip + cpu + Cpu.fpu_owner], 0
    jmp     .leave
