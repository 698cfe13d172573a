; Which thread runs, and how it comes to run.
;
; 256 first-in-first-out queues, one a priority, with a bitmap of those that hold a thread. `enqueue`
; is called; `schedule`, `slice_end`, `resume` and `enter_tasks` are jumped to and leave to ring 3 (or
; idle). rbx = T of the current thread throughout; rsp = kernel_stack. A queued thread is READY and
; not current; the current one is in no queue. The timer is armed whenever a thread is queued, so the
; fast path of IPC, which switches without looking at any of this, can starve nobody.

; Makes the thread whose T is in rdi ready, at the tail of its queue.
enqueue:
    mov     dword ptr [rdi + Thread.state], ThreadState.READY
    mov     qword ptr [rdi + Thread.next], 0
    mov     eax, [rdi + Thread.rank]
    cmp     eax, [rip + cpu + Cpu.top]
    jbe     .not_top
    mov     [rip + cpu + Cpu.top], eax
.not_top:
    dec     eax                         ; rank to priority
    bts     dword ptr [rip + cpu + Cpu.ready_map], eax
    imul    eax, eax, ReadyQueue.size
    lea     rcx, [rip + cpu + Cpu.ready]
    add     rcx, rax
    mov     rdx, [rcx + ReadyQueue.tail]
    mov     [rcx + ReadyQueue.tail], rdi
    cmp     qword ptr [rcx + ReadyQueue.head], 0
    je      .only
    mov     [rdx + Thread.next], rdi
    jmp     .linked
.only:
    mov     [rcx + ReadyQueue.head], rdi
.linked:
    inc     dword ptr [rip + cpu + Cpu.ready_count]
    cmp     dword ptr [rip + cpu + Cpu.armed], 0
    je      arm_timer
    ret

; Runs the highest ready thread. Its slice begins now, whatever the timer has left of the last one's: see
; `slice_end`. The current thread must be queued, or waiting for something.
schedule:
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      idle
    dec     dword ptr [rip + cpu + Cpu.ready_count]
    mov     eax, [rip + cpu + Cpu.top]
    dec     eax
    imul    edx, eax, ReadyQueue.size
    lea     rcx, [rip + cpu + Cpu.ready]
    add     rcx, rdx
    mov     rbx, [rcx + ReadyQueue.head]
    mov     rdx, [rbx + Thread.next]
    mov     [rcx + ReadyQueue.head], rdx
    test    rdx, rdx
    jnz     .dequeued
    btr     dword ptr [rip + cpu + Cpu.ready_map], eax
    call    find_top
.dequeued:
    rdtsc
    mov     [rip + cpu + Cpu.charged], eax
    ; fall through

; Runs the thread whose T is in rbx from its frame.
resume:
    mov     [rip + cpu + Cpu.tss.rsp0], rbx
    mov     rax, [rbx + Thread.cr3]
    mov     rcx, cr3
    cmp     rax, rcx
    je      .same_space
    mov     cr3, rax                    ; costly even when nothing changes
.same_space:
    mov     eax, Cpu.size               ; past the TSS's limit: no port is allowed
    test    dword ptr [rbx + Thread.flags], ThreadFlags.ports
    jz      .closed
    call    open_ports
    mov     eax, Cpu.io_bitmap - Cpu.tss
.closed:
    lea     rcx, [rip + cpu + Cpu.tss]
    mov     [rcx + TaskStateSegment.iomap_base], ax
    lea     rsp, [rbx + Thread.frame]
    ; fall through

; Restores the TrapFrame at rsp and returns to what it interrupted.
restore_frame:
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     r11
    pop     r10
    pop     r9
    pop     r8
    pop     rbp
    pop     rdi
    pop     rsi
    pop     rdx
    pop     rcx
    pop     rbx
    pop     rax
    add     rsp, TrapFrame.rip - TrapFrame.vector
    iretq

; The timer has fired: an equal or higher thread runs, else the current one goes on. It also goes on when
; it has had less than half a slice, because who follows one that blocks early must not pay for that;
; setting the timer at each switch would cost more than the switch. rbx = T, or `nobody` when the
; processor idled.
slice_end:
    mov     dword ptr [rip + cpu + Cpu.armed], 0
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rbx, rax
    je      schedule
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      resume                      ; alone: no further tick
    mov     eax, [rbx + Thread.rank]
    cmp     eax, [rip + cpu + Cpu.top]
    ja      .goes_on
    rdtsc
    sub     eax, [rip + cpu + Cpu.charged]
    cmp     eax, [rip + cpu + Cpu.half_slice]
    jb      .goes_on
    mov     rdi, rbx
    call    enqueue
    jmp     schedule
.goes_on:
    call    arm_timer
    jmp     resume

; Nothing is ready: waits for an interrupt, which comes back through `trap_in_kernel`. `sti` holds
; interrupts off for one more instruction, so none is lost before `hlt`.
idle:
    lea     rbx, [rip + nobody + Thread.origin]
    mov     [rip + cpu + Cpu.tss.rsp0], rbx
    lea     rsp, [rip + kernel_stack + KernelStack.size]
.wait:
    sti
    hlt
    cli
    jmp     .wait                       ; only an NMI returns here

; Recomputes `top` from the bitmap, highest word first.
find_top:
    mov     ecx, 3
.next_word:
    lea     rdx, [rip + cpu + Cpu.ready_map]
    mov     rax, [rdx + rcx * 8]
    test    rax, rax
    jnz     .found
    dec     ecx
    jns     .next_word
    mov     eax, 1                      ; no thread: any rank will do
    jmp     .store
.found:
    bsr     rax, rax
    shl     ecx, 6
    lea     eax, [rax + rcx + 1]
.store:
    mov     [rip + cpu + Cpu.top], eax
    ret
