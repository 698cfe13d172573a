; Faults and exits: the kernel calls the thread's supervisor on its behalf.
;
; `exception` is jumped to by traps.asm with rbx = T and its frame complete, eax = the vector, and
; `call_exit` by slow.asm with rdi = the exit code. The supervisor is an Endpoint named when the
; thread was made or by write_thread; without one, or when it is dead or would wait for itself, the thread
; ends FAULTED or EXITED and the kernel prints the one line about it; but the root's end is a panic, as there
; is nobody left who would look after the others. `deliver_fault` continues deliver.asm's `deliver`,
; `answer_fault` receive.asm's `answer`.

const FAULT_WORDS = 10

exception:
    cmp     eax, Vector.PF
    jne     report
    mov     rcx, cr2
    mov     [rbx + Thread.fault_address], rcx
report:
    mov     [rbx + Thread.fault_word], rax
    or      dword ptr [rbx + Thread.flags], ThreadFlags.fault
    mov     dword ptr [rbx + Thread.call_flags], 0
    mov     rcx, [rbx + Thread.supervisor_object]
    mov     rax, [rbx + Thread.supervisor_generation]
    cmp     rax, [rcx + objects + ObjectHeader.generation]
    jne     .nobody                     ; dead, or 0: none was named
    mov     rbp, [rcx + objects + ObjectHeader.target]
    cmp     dword ptr [rbx + Thread.flags], ThreadFlags.fault
    jne     .slow                       ; what makes it special would stay in
    mov     eax, [rbx + Thread.rank]
    cmp     eax, [rbp + Thread.receive_key]
    jbe     report_at_once
.slow:
    cmp     dword ptr [rbp + Thread.state], ThreadState.DYING
    je      .nobody
    call    check_cycle
    test    eax, eax
    jnz     .nobody
    mov     rax, [rbx + Thread.supervisor_badge]
    mov     [rbx + Thread.badge], rax
    mov     dword ptr [rbx + Thread.words], FAULT_WORDS
    mov     dword ptr [rbx + Thread.kind], Kind.FAULT
    jmp     call_server
.nobody:
    mov     rdi, rbx
    call    end_unsupervised
    jmp     schedule

; The supervisor in rbp waits, and neither has another flag: its registers become the message, and it
; runs.
report_at_once:
    mov     rdi, rbx
    call    thread_time
    mov     r14, rax
    mov     dword ptr [rbx + Thread.state], ThreadState.REPLY_WAIT
    mov     [rbx + Thread.partner], rbp
    mov     dword ptr [rbp + Thread.receive_key], 0
    mov     [rbp + Thread.caller], rbx
    mov     rsi, [rbx + Thread.fault_word]
    mov     rdx, [rbx + Thread.frame.error]
    mov     r8, [rbx + Thread.frame.rip]
    mov     r9, [rbx + Thread.fault_address]
    mov     r10, [rbx + Thread.frame.rsp]
    mov     r12, [rbx + Thread.frame.rax]
    mov     r13, [rbx + Thread.frame.rdi]
    mov     rdi, [rbx + Thread.supervisor_badge]
    mov     eax, FAULT_WORDS | Kind.FAULT << Abi.KIND_SHIFT
    mov     rsp, rbx
    mov     r11, rbp
    mov     rbp, [rbx + Thread.number]
    mov     rbx, [rbx + Thread.frame.rflags]
    jmp     call_switch

; reply_recv to a thread that faulted, from syscall.asm with r11 = its T, rsp = the supervisor's. Goes on
; with it at once when it has no other flag, the answer lets it run, and nothing higher is ready.
fast_reply_to_fault:
    cmp     rsi, FaultReply.RESUME
    ja      slow_reply
    jb      .retry
    mov     rcx, User.LIMIT
    cmp     rdx, rcx
    jae     slow_reply
.retry:
    mov     ecx, [r11 + Thread.rank]
    cmp     ecx, [rip + cpu + Cpu.top]
    jb      slow_reply
    cmp     dword ptr [rsp + Thread.flags], 0
    jne     slow_reply
    cmp     esi, FaultReply.RESUME
    jne     .commit
    mov     [r11 + Thread.frame.rip], rdx
.commit:
    mov     dword ptr [r11 + Thread.flags], 0
    mov     dword ptr [r11 + Thread.state], ThreadState.READY
    mov     qword ptr [r11 + Thread.fault_address], 0
    mov     ecx, [rsp + Thread.base_rank]
    mov     [rsp + Thread.receive_key], ecx
    mov     qword ptr [rsp + Thread.caller], nobody + Thread.origin
    mov     rbx, r11
    jmp     resume

call_exit:
    mov     [rbx + Thread.fault_address], rdi
    mov     qword ptr [rbx + Thread.frame.error], 0    ; that of an earlier fault
    mov     eax, FaultKind.EXIT << 8
    jmp     report

; Ends the thread in rdi, of whose fault or exit nobody can be told, with a line of the kernel's own.
end_unsupervised:
    cmp     rdi, [rip + cpu + Cpu.root]
    je      panic_root
    mov     ecx, ThreadState.FAULTED
    mov     eax, ThreadState.EXITED
    cmp     byte ptr [rdi + Thread.fault_word + 1], FaultKind.EXIT
    cmove   ecx, eax
    mov     [rdi + Thread.state], ecx
    and     dword ptr [rdi + Thread.flags], ~(ThreadFlags.fault | ThreadFlags.slice_spent)
    ; fall through

; Prints the line about the end of the thread in rdi.
print_end:
    push    r12
    mov     r12, rdi
    lea     rsi, [rip + text_thread]
    call    print
    lea     rsi, [r12 + Thread.name]
    call    print
    lea     rsi, [rip + text_exited]
    cmp     byte ptr [r12 + Thread.fault_word + 1], FaultKind.EXIT
    je      .exited
    lea     rsi, [rip + text_faulted]
    call    print
    mov     rdi, [r12 + Thread.fault_word]
    call    print_decimal
    lea     rsi, [rip + text_error]
    call    print
    mov     rdi, [r12 + Thread.frame.error]
    call    print_hex
    lea     rsi, [rip + text_at]
    call    print
    mov     rdi, [r12 + Thread.frame.rip]
    call    print_hex
    lea     rsi, [rip + text_touching]
.exited:
    call    print
    mov     rdi, [r12 + Thread.fault_address]
    call    print_hex
    mov     edi, '\n'
    call    print_char
    pop     r12
    ret

; Writes the ten words about the faulted thread in rdi to the frame of the receiver in rsi.
deliver_fault:
    mov     rax, [rdi + Thread.fault_word]
    mov     [rsi + Thread.frame.rsi], rax
    mov     rax, [rdi + Thread.frame.error]
    mov     [rsi + Thread.frame.rdx], rax
    mov     rax, [rdi + Thread.frame.rip]
    mov     [rsi + Thread.frame.r8], rax
    mov     rax, [rdi + Thread.fault_address]
    mov     [rsi + Thread.frame.r9], rax
    mov     rax, [rdi + Thread.frame.rsp]
    mov     [rsi + Thread.frame.r10], rax
    mov     rax, [rdi + Thread.frame.rflags]
    mov     [rsi + Thread.frame.rbx], rax
    mov     rax, [rdi + Thread.frame.rax]
    mov     [rsi + Thread.frame.r12], rax
    mov     rax, [rdi + Thread.frame.rdi]
    mov     [rsi + Thread.frame.r13], rax
    mov     rax, [rdi + Thread.number]
    mov     [rsi + Thread.frame.rbp], rax
    call    thread_time
    mov     [rsi + Thread.frame.r14], rax
    ret

; Returns rax = the CPU time of the thread in rdi in ns, 0 while the clock is not measured. Keeps rdi, rsi.
thread_time:
    mov     r8, [rdi + Thread.ticks]
    cmp     rdi, [rip + cpu + Cpu.payer]
    jne     .charged
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rip + cpu + Cpu.charged]
    add     r8, rax
.charged:
    mov     rax, r8
    mul     qword ptr [rip + cpu + Cpu.nanoseconds_per_tick]
    shrd    rax, rdx, FRACTION
    ret

; The supervisor in rbx answered the faulted thread in rbp. RESUME at an address that no task can have
; stops the thread instead: the reply itself never fails.
answer_fault:
    and     dword ptr [rbp + Thread.flags], ~(ThreadFlags.fault | ThreadFlags.slice_spent)
    mov     qword ptr [rbp + Thread.fault_address], 0
    mov     rdi, rbp
    mov     rax, [rbx + Thread.frame.rsi]
    cmp     rax, FaultReply.RETRY
    je      wake
    cmp     rax, FaultReply.RESUME
    jne     .stop
    mov     rax, [rbx + Thread.frame.rdx]
    mov     rcx, User.LIMIT
    cmp     rax, rcx
    jae     .stop
    mov     [rbp + Thread.frame.rip], rax
    jmp     wake
.stop:
    mov     dword ptr [rbp + Thread.state], ThreadState.STOPPED
    ret
