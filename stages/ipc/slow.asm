; System calls off the fast path.
;
; `slow_call` is jumped to from syscall.asm with rsp = T, frame.rip and frame.rsp saved and the other
; registers as the task gave them, rcx and r11 excepted. It completes T's frame, takes the kernel
; stack and jumps through `call_table` to `call_NAME`, with rbx = T, rdi = frame.rdi (the handle) and
; rax = words. Every call ends in one of
;       complete        the call is done: eax = Status, all other registers come back as 0
;       resume_or_yield the frame already holds the result
;       schedule        the thread waits, and whoever ends that writes its frame.

const FLAGS = (Abi.DEADLINE | Abi.CAPABILITY) >> Abi.FLAGS_SHIFT

slow_call:
    mov     qword ptr [rsp + Thread.frame.rflags], RETURN_FLAGS
    lea     rsp, [rsp + Thread.frame.vector]
    push    rax
    push    rbx
    push    0                           ; RCX and R11 have what the way here left there
    push    rdx
    push    rsi
    push    rdi
    push    rbp
    push    r8
    push    r9
    push    r10
    push    0
    push    r12
    push    r13
    push    r14
    push    r15
    lea     rbx, [rsp + TrapFrame.size]
    mov     dword ptr [rbx + Thread.fpu_live], 0        ; a call keeps no vector registers
    lea     rsp, [rip + kernel_stack + KernelStack.size]
    inc     dword ptr [rip + cpu + Cpu.slow_calls]
    mov     rcx, rax
    shr     rcx, Abi.FLAGS_SHIFT
    movzx   edx, ah                     ; the number
    movzx   eax, al                     ; words
    cmp     rcx, FLAGS                  ; flags that we do not know
    ja      call_unknown
    cmp     edx, Abi.CALLS
    jae     call_unknown
    test    cl, [rdx + call_refuses]
    jnz     refuse_argument
    shl     ecx, Abi.FLAGS_SHIFT
    mov     [rbx + Thread.call_flags], ecx
    jmp     [rdx * 8 + call_table]

call_unknown:
    mov     eax, Status.BAD_CALL
    jmp     complete

; null that was not exact (words or flags that it does not take), and flags that a call does not take.
call_null:
refuse_argument:
    mov     eax, Status.BAD_ARGUMENT
    jmp     complete

; Zeroes the registers that a call returns, before some are set.
clear_results:
    lea     rdi, [rbx + Thread.frame]
    xor     eax, eax
    mov     ecx, TrapFrame.rax / 8
    rep stosq
    ret

; Returns OK and the eax words that are in T's frame.
complete_words:
    mov     [rbx + Thread.frame.rax], rax
    jmp     resume_or_yield

; Returns Status eax and no words. The task's own registers come back as 0.
complete:
    shl     eax, Abi.STATUS_SHIFT
    mov     [rbx + Thread.frame.rax], rax
    mov     qword ptr [rbx + Thread.frame.rdi], 0
    mov     ecx, [rbx + Thread.flags]
    and     ecx, SPECIAL_FLAGS
    or      ecx, [rip + cpu + Cpu.special]
    jnz     .special                    ; the call may have changed what the processor should hold
    mov     ecx, [rbx + Thread.rank]
    cmp     ecx, [rip + cpu + Cpu.top]
    mov     r11, rbx
    jae     return_light                ; nothing was switched, so nothing needs to be restored
    mov     qword ptr [rbx + Thread.light], nobody + Thread.origin
    jmp     resume_or_yield
.special:                               ; a light thread would come back without what only it has
    push    rax
    call    clear_results
    pop     qword ptr [rbx + Thread.frame.rax]
    ; fall through

; Goes on with the thread in rbx unless a higher one became ready meanwhile.
resume_or_yield:
    mov     eax, [rbx + Thread.rank]
    cmp     eax, [rip + cpu + Cpu.top]
    jae     resume
    mov     rdi, rbx
    call    enqueue
    jmp     schedule

; yield: behind the ready threads of equal priority.
call_yield:
    xor     eax, eax
    mov     edx, [rbx + Thread.rank]
    cmp     edx, [rip + cpu + Cpu.top]
    ja      complete                    ; only lower ones are ready
    cmp     dword ptr [rip + cpu + Cpu.ready_count], 0
    je      complete
    lea     rdi, [rbx + Thread.frame]
    mov     ecx, TrapFrame.vector / 8   ; all registers, rax included: OK is 0
    rep stosq
    mov     rdi, rbx
    call    enqueue
    jmp     schedule
