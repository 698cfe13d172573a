; Which thread runs, and how it comes to run.
;
; 256 first-in-first-out queues, one a priority, with a bitmap of those that hold a thread. `enqueue` and
; `unlink_ready` are called; `schedule`, `slice_end`, `resume` and `enter_tasks` are jumped to and leave to
; ring 3 (or idle). rbx = T of the current thread throughout; rsp = kernel_stack. A queued thread is READY
; and not current; the current one is in no queue. The timer is armed whenever a thread is queued, so
; the fast path of IPC, which switches without looking at any of this, can starve nobody.
;
; Time is charged to the payer: whom the current thread serves, through others if need be; itself when it
; serves nobody. A call and a reply on the fast path change who runs and not for whom, so they touch neither
; the payer nor what is left of its slice. Wherever else somebody begins or ends to be served, `pay` looks.

const READY       = Cpu.ready - ReadyQueue.size      ; the queue of rank 0, which there is not
const READY_WORDS = 5                   ; ranks 1 to 256
const QUEUE_SHIFT = 4                   ; ReadyQueue.size is 1 << 4
const SPECIAL_FLAGS = ThreadFlags.ports | ThreadFlags.fpu | ThreadFlags.bases | ThreadFlags.debug

; Makes the thread whose T is in rdi ready, at the tail of its queue. Keeps rdi and rsi.
enqueue:
    mov     dword ptr [rdi + Thread.state], ThreadState.READY
    mov     eax, [rdi + Thread.rank]
    mov     ecx, eax
    shl     ecx, QUEUE_SHIFT
    mov     rdx, [rcx + cpu + READY + ReadyQueue.head]
    test    rdx, rdx
    jz      .only
    mov     rdx, [rcx + cpu + READY + ReadyQueue.tail]
    mov     [rdx + Thread.next], rdi
    mov     [rdi + Thread.previous], rdx
    mov     [rcx + cpu + READY + ReadyQueue.tail], rdi
    jmp     .linked
.only:
    mov     [rcx + cpu + READY + ReadyQueue.head], rdi
    mov     [rcx + cpu + READY + ReadyQueue.tail], rdi
    bts     dword ptr [rip + cpu + Cpu.ready_map], eax
    cmp     eax, [rip + cpu + Cpu.top]
    jbe     .linked
    mov     [rip + cpu + Cpu.top], eax
.linked:
    inc     dword ptr [rip + cpu + Cpu.ready_count]
    cmp     dword ptr [rip + cpu + Cpu.armed], Armed.SLICE
    jne     arm_timer
    ret

; Takes the queued thread whose T is in rdi out of its queue. Keeps rdi.
unlink_ready:
    dec     dword ptr [rip + cpu + Cpu.ready_count]
    mov     eax, [rdi + Thread.rank]
    mov     ecx, eax
    shl     ecx, QUEUE_SHIFT
    mov     rsi, [rdi + Thread.previous]
    mov     rdx, [rdi + Thread.next]
    cmp     rdi, [rcx + cpu + READY + ReadyQueue.head]
    je      .head
    cmp     rdi, [rcx + cpu + READY + ReadyQueue.tail]
    je      .tail
    mov     [rsi + Thread.next], rdx
    mov     [rdx + Thread.previous], rsi
    ret
.tail:
    mov     [rcx + cpu + READY + ReadyQueue.tail], rsi
    ret
.head:
    cmp     rdi, [rcx + cpu + READY + ReadyQueue.tail]
    je      empty_queue
    mov     [rcx + cpu + READY + ReadyQueue.head], rdx
    ret

; The queue of rank eax, at ecx, has lost its last thread. Keeps rdi.
empty_queue:
    mov     qword ptr [rcx + cpu + READY + ReadyQueue.head], 0
    btr     dword ptr [rip + cpu + Cpu.ready_map], eax
    jmp     find_top

; Runs the highest ready thread. Its slice begins now, whatever the timer has left
; of the last one's: see `slice_end`. The current thread must be queued, or waiting for something.
schedule:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.charged]
    add     [rip + cpu + Cpu.charged], rax
    mov     rcx, [rip + cpu + Cpu.payer]
    add     [rcx + Thread.ticks], rax
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      idle
    dec     dword ptr [rip + cpu + Cpu.ready_count]
    mov     eax, [rip + cpu + Cpu.top]
    mov     ecx, eax
    shl     ecx, QUEUE_SHIFT
    mov     rbx, [rcx + cpu + READY + ReadyQueue.head]
    mov     [rip + cpu + Cpu.payer], rbx
    cmp     rbx, [rcx + cpu + READY + ReadyQueue.tail]
    je      .last
    mov     rdx, [rbx + Thread.next]
    mov     [rcx + cpu + READY + ReadyQueue.head], rdx
    jmp     .taken
.last:
    call    empty_queue
.taken:
    cmp     qword ptr [rbx + Thread.caller], nobody + Thread.origin
    jne     .serves
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
    mov     eax, [rbx + Thread.flags]
    and     eax, SPECIAL_FLAGS
    or      eax, [rip + cpu + Cpu.special]
    jnz     .special
.switched:
    cmp     dword ptr [rbx + Thread.light], 0
    jne     .light
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

schedule.serves:
    mov     rcx, rbx
    call    find_payer
    jmp     resume
resume.special:
    call    switch_special
    jmp     resume.switched
resume.light:
    mov     r11, rbx
    jmp     return_light

; The thread that runs serves another than before, or nobody: charges the payer until now, and finds out who
; pays from here on. Keeps rdi, rsi and r8 to r15.
pay:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.charged]
    add     [rip + cpu + Cpu.charged], rax
    mov     rcx, [rip + cpu + Cpu.payer]
    add     [rcx + Thread.ticks], rax
    cmp     rcx, nobody + Thread.origin
    je      find_payer.done             ; the processor idles
    mov     rcx, [rip + cpu + Cpu.tss.rsp0]
    ; fall through

; Makes the payer whoever the thread in rcx works for: its caller's caller, and so on, as far as
; Abi.PARTNERS threads. Keeps all but rax, rcx and rdx.
find_payer:
    mov     edx, Abi.PARTNERS
.next:
    mov     rax, [rcx + Thread.caller]
    cmp     rax, nobody + Thread.origin
    je      .found
    cmp     rax, gone + Thread.origin
    je      .found
    mov     rcx, rax
    dec     edx
    jnz     .next
.found:
    mov     [rip + cpu + Cpu.payer], rcx
.done:
    ret

; The timer has fired. A higher thread runs at once; an equal one when the slice is over, and that is so
; when half of one has passed since it was given out: setting the timer anew at each switch would cost
; more than the switch. A payer that waits meanwhile for the thread that runs on its slice has spent it
; too. rbx = T, or `nobody` when the processor idled.
slice_end:
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rbx, rax
    je      .idled
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      .goes_on
    mov     eax, [rbx + Thread.rank]
    cmp     eax, [rip + cpu + Cpu.top]
    ja      .serves
    jb      .preempted
    rdtsc
    sub     eax, [rip + cpu + Cpu.charged]
    cmp     eax, [rip + cpu + Cpu.half_slice]
    jb      .goes_on
    mov     rdi, [rip + cpu + Cpu.payer]
    cmp     dword ptr [rdi + Thread.reply_key], 0
    jne     .payer_waits
    cmp     dword ptr [rdi + Thread.state], ThreadState.REPLY_WAIT
    jne     .preempted
.payer_waits:
    mov     esi, ThreadFlags.slice_spent
    call    set_flag
.preempted:
    mov     rdi, rbx
    call    enqueue
    call    arm_timer
    jmp     schedule
.serves:
    call    spend_slice
.goes_on:
    call    arm_timer
    jmp     resume
.idled:
    call    arm_timer
    jmp     schedule

; The thread in rbx is higher than all that are ready, and goes on. If it serves one that is not, that one has
; had its turn, whoever pays: a flood of calls to a higher server would starve its equals. The reply is then
; slow and puts it behind them.
spend_slice:
    mov     rdi, rbx
    mov     ecx, Abi.PARTNERS
.next:
    mov     rdi, [rdi + Thread.caller]
    lea     rax, [rip + nobody + Thread.origin]
    cmp     rdi, rax
    je      .done
    cmp     rdi, gone + Thread.origin
    je      .done
    mov     eax, [rdi + Thread.rank]
    cmp     eax, [rip + cpu + Cpu.top]
    jbe     .spent
    dec     ecx
    jnz     .next
.done:
    ret
.spent:
    mov     esi, ThreadFlags.slice_spent
    jmp     set_flag

; Nothing is ready: waits for an interrupt. That comes back through `trap_in_kernel` wherever in the loop
; it arrives, and the loop is begun anew, so none is lost before `hlt`.
idle:
    lea     rbx, [rip + nobody + Thread.origin]
    mov     [rip + cpu + Cpu.tss.rsp0], rbx
    mov     [rip + cpu + Cpu.payer], rbx
    lea     rsp, [rip + kernel_stack + KernelStack.size]
.wait:
    sti
    hlt
    jmp     .wait                       ; only an NMI returns here

; Recomputes `top` from the bitmap, highest word first. Keeps rdi.
find_top:
    mov     eax, 1                      ; no thread: any rank will do, but a key of 0 must be below
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      .store
    mov     ecx, READY_WORDS - 1
    lea     rdx, [rip + cpu + Cpu.ready_map]
.next_word:
    bsr     rax, [rdx + rcx * 8]
    jnz     .found
    dec     ecx
    jmp     .next_word
.found:
    shl     ecx, 6
    add     eax, ecx
.store:
    mov     [rip + cpu + Cpu.top], eax
    ret
