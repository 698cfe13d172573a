; start and stop: a thread's life from outside.
;
; Jumped to by slow.asm with rbx = T of the caller, rdi = the handle of a Thread, eax = words. Both end in
; `complete`; a thread that stops itself leaves to `schedule`.

const START_WORDS = 3                   ; rip, rsp, rdi

; start: a stopped thread goes on where it stopped, or, with three words, begins anew.
call_start:
    mov     r12d, eax
    test    eax, eax
    jz      .words_fit
    cmp     eax, START_WORDS
    jne     refuse_argument
.words_fit:
    mov     esi, ObjectType.THREAD
    mov     edx, ThreadRights.control
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rbp, [rdx + ObjectHeader.target]
    test    r12d, r12d
    jz      .addresses_fit
    mov     eax, Status.BAD_ADDRESS
    mov     rcx, User.LIMIT
    cmp     [rbx + Thread.frame.rsi], rcx
    jae     complete
    cmp     [rbx + Thread.frame.rdx], rcx
    ja      complete                    ; a stack may end at the limit
.addresses_fit:
    mov     eax, Status.BAD_STATE
    mov     ecx, [rbp + Thread.state]
    cmp     ecx, ThreadState.STOPPED
    je      .startable
    test    r12d, r12d
    jz      complete
    cmp     ecx, ThreadState.EXITED
    je      .startable
    cmp     ecx, ThreadState.FAULTED
    jne     complete
.startable:
    test    r12d, r12d
    jz      .go
    call    begin_anew
.go:
    mov     qword ptr [rbp + Thread.frame.cs], Selector.USER_CODE
    mov     qword ptr [rbp + Thread.frame.ss], Selector.USER_DATA
    or      qword ptr [rbp + Thread.frame.rflags], RETURN_FLAGS
    mov     qword ptr [rbp + Thread.fault_address], 0   ; of the fault or exit that it may have ended with
    mov     rdi, rbp
    call    enqueue
    xor     eax, eax
    jmp     complete

; Gives the thread in rbp the registers of a first instruction: those of the caller's words, 0 elsewhere.
begin_anew:
    lea     rdi, [rbp + Thread.frame]
    xor     eax, eax
    mov     ecx, TrapFrame.size / 8
    rep stosq
    mov     rax, [rbx + Thread.frame.rsi]
    mov     [rbp + Thread.frame.rip], rax
    mov     rax, [rbx + Thread.frame.rdx]
    mov     [rbp + Thread.frame.rsp], rax
    mov     rax, [rbx + Thread.frame.r8]
    mov     [rbp + Thread.frame.rdi], rax
    mov     qword ptr [rbp + Thread.light], 0
    mov     rdi, rbp
    jmp     forget_vectors

; stop: the thread's own wait ends with ABORTED; who waits for it goes on waiting.
call_stop:
    test    eax, eax
    jnz     refuse_argument
    mov     esi, ObjectType.THREAD
    mov     edx, ThreadRights.control
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rdi, [rdx + ObjectHeader.target]
    cmp     rdi, rbx
    je      .itself
    mov     rbp, rdi
    call    withdraw
    test    eax, eax
    jnz     .waited
    cmp     dword ptr [rbp + Thread.state], ThreadState.READY
    jne     .stopped
    mov     rdi, rbp
    call    unlink_ready
    jmp     .stopped
.waited:
    test    dword ptr [rbp + Thread.flags], ThreadFlags.fault
    jnz     .stopped                    ; it was in no call: its registers stay as they are
    mov     rdi, rbp
    mov     eax, Status.ABORTED << Abi.STATUS_SHIFT
    call    write_result
.stopped:
    mov     qword ptr [rbp + Thread.fault_address], 0   ; of a fault that nobody answers now
    and     dword ptr [rbp + Thread.flags], ~(ThreadFlags.fault | ThreadFlags.slice_spent)
    mov     dword ptr [rbp + Thread.state], ThreadState.STOPPED
    xor     eax, eax
    jmp     complete
.itself:
    xor     eax, eax                    ; what it finds when it is started
    call    write_result
    mov     dword ptr [rbx + Thread.state], ThreadState.STOPPED
    jmp     schedule
