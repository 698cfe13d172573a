; yield, signal, and receiving signals, without saving registers that the call loses anyway.
;
; Jumped to from syscall.asm with rsp = T, rax counted from REPLY_RECV, and the registers as the task gave
; them but rcx and r11. Nothing is written until every check has passed; what is not simple goes to
; `slow_reply` as if nothing had been tried. A thread that waits or queues here is `light`: its frame has
; rip and rsp, and rax and rdi once it is ready; `return_light` zeroes all else. Threads with ports, vector
; registers, bases or breakpoints never come here.

; yield: to the next thread of equal priority, at whose tail this one goes: no other queue changes.
light_yield:
    mov     ecx, [rip + cpu + Cpu.top]
    cmp     ecx, [rsp + Thread.rank]
    jb      .alone
    shl     ecx, QUEUE_SHIFT
    mov     r11, [rcx + cpu + READY + ReadyQueue.head]
    test    r11, r11
    jz      .alone
    test    dword ptr [rsp + Thread.flags], SPECIAL_FLAGS
    jnz     slow_reply
    cmp     r11, [rcx + cpu + READY + ReadyQueue.tail]
    je      .only
    mov     rdx, [r11 + Thread.next]
    mov     [rcx + cpu + READY + ReadyQueue.head], rdx
    mov     rdx, [rcx + cpu + READY + ReadyQueue.tail]
    mov     [rdx + Thread.next], rsp
    mov     [rsp + Thread.previous], rdx
    jmp     .queued
.only:
    mov     [rcx + cpu + READY + ReadyQueue.head], rsp
.queued:
    mov     [rcx + cpu + READY + ReadyQueue.tail], rsp
    xor     eax, eax
    mov     [rsp + Thread.frame.rax], rax
    mov     [rsp + Thread.frame.rdi], rax
    mov     qword ptr [rsp + Thread.light], nobody + Thread.origin
    jmp     run_next
.alone:
    xor     eax, eax
    jmp     return_to_caller

; signal: to a thread that waits for signals and nothing else, of no higher priority, with no flag. A slot
; whose badge has no bit to signal has no key.
light_signal:
    test    rdi, [rsp + Thread.bad_mask]
    jnz     slow_reply
    add     rdi, [rsp + Thread.slots]
    mov     rcx, [rdi + Slot.object]
    mov     r11, [rdi + Slot.key]
    cmp     r11, [rcx + objects + ObjectHeader.signal_key]
    jne     .slow
    mov     r11, [rcx + objects + ObjectHeader.target]
    cmp     qword ptr [r11 + Thread.state], ThreadState.WAITING     ; and the flags behind it: 0
    jne     .slow
    mov     ecx, [r11 + Thread.rank]
    cmp     ecx, [rsp + Thread.rank]
    ja      .slow
    cmp     dword ptr [rip + cpu + Cpu.armed], Armed.SLICE
    jne     .slow
    mov     rax, [rdi + Slot.badge]
    mov     [r11 + Thread.frame.rdi], rax
    mov     dword ptr [r11 + Thread.frame.rax], Kind.SIGNAL << Abi.KIND_SHIFT
    mov     qword ptr [r11 + Thread.light], nobody + Thread.origin
    mov     dword ptr [r11 + Thread.state], ThreadState.READY
    inc     dword ptr [rip + cpu + Cpu.ready_count]
    mov     eax, ecx
    shl     ecx, QUEUE_SHIFT
    cmp     qword ptr [rcx + cpu + READY + ReadyQueue.head], 0
    je      .only
    mov     rdi, [rcx + cpu + READY + ReadyQueue.tail]
    mov     [rdi + Thread.next], r11
    mov     [r11 + Thread.previous], rdi
    jmp     .queued
.only:
    mov     [rcx + cpu + READY + ReadyQueue.head], r11
    bts     dword ptr [rip + cpu + Cpu.ready_map], eax
    cmp     eax, [rip + cpu + Cpu.top]
    jbe     .queued
    mov     [rip + cpu + Cpu.top], eax
.queued:
    mov     [rcx + cpu + READY + ReadyQueue.tail], r11
    xor     eax, eax
    xor     edi, edi
    mov     rcx, [rsp + Thread.frame.rip]
    mov     rsp, [rsp + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq
.slow:
    sub     rdi, [rsp + Thread.slots]
    jmp     slow_reply

; recv, of signals only, when none is there and a thread is ready.
light_recv:
    cmp     rdi, Receive.SIGNALS
    jne     slow_reply
    cmp     dword ptr [rsp + Thread.flags], 0
    jne     slow_reply
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      slow_reply
    mov     dword ptr [rsp + Thread.state], ThreadState.WAITING
    mov     eax, [rip + cpu + Cpu.top]
    mov     ecx, eax
    shl     ecx, QUEUE_SHIFT
    mov     r11, [rcx + cpu + READY + ReadyQueue.head]
    dec     dword ptr [rip + cpu + Cpu.ready_count]
    jnz     light_recv.several
    mov     qword ptr [rcx + cpu + READY + ReadyQueue.head], 0
    btr     dword ptr [rip + cpu + Cpu.ready_map], eax
    mov     dword ptr [rip + cpu + Cpu.top], 1
    ; fall through

; Runs the thread in r11, which was taken from its queue, instead of the one in rsp. One comparison tells that
; its frame is light and that it serves nobody, who would pay.
run_next:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.charged]
    add     [rip + cpu + Cpu.charged], rax
    mov     rcx, [rip + cpu + Cpu.payer]
    add     [rcx + Thread.ticks], rax
    mov     [rip + cpu + Cpu.payer], r11
    mov     rcx, [r11 + Thread.caller]
    cmp     rcx, [r11 + Thread.light]
    jne     .heavy
    mov     rcx, [r11 + Thread.cr3]
    cmp     rcx, [rsp + Thread.cr3]
    je      .same_space
    mov     cr3, rcx
.same_space:
    mov     [rip + cpu + Cpu.tss.rsp0], r11

; Goes on with the light thread in r11, which is current and whose space is in CR3.
return_light:
    mov     qword ptr [r11 + Thread.light], 0
    xor     edx, edx
    xor     ebx, ebx
    xor     ebp, ebp
    xor     esi, esi
    xor     r8d, r8d
    xor     r9d, r9d
    xor     r10d, r10d
    xor     r12d, r12d
    xor     r13d, r13d
    xor     r14d, r14d
    xor     r15d, r15d
    mov     rax, [r11 + Thread.frame.rax]
    mov     rdi, [r11 + Thread.frame.rdi]
    mov     rcx, [r11 + Thread.frame.rip]
    mov     rsp, [r11 + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq

run_next.heavy:
    mov     rbx, r11
    lea     rsp, [rip + kernel_stack + KernelStack.size]
    mov     rcx, r11
    call    find_payer
    jmp     resume

light_recv.several:
    cmp     r11, [rcx + cpu + READY + ReadyQueue.tail]
    je      light_recv.last
    mov     rdx, [r11 + Thread.next]
    mov     [rcx + cpu + READY + ReadyQueue.head], rdx
    jmp     run_next
light_recv.last:
    mov     r12, rsp
    lea     rsp, [rip + kernel_stack + KernelStack.size]
    call    empty_queue
    mov     rsp, r12
    jmp     run_next
