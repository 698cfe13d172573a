; Threads that wait for a deadline: a binary heap of their T, earliest first.
;
; All three are called; rdi = T. The heap lies at Kernel.DEADLINES, entry 1 at its beginning, and has
; memory for every thread there is, so that a timed wait never fails for want of it. A thread is there
; once, and if and only if its flag `timed` is set.

const HEAP   = Kernel.DEADLINES - 8     ; of entry 0, which there is not
const EXPIRE = 8                        ; deadlines that one interrupt serves

; Enters the thread by its `deadline`. The timer follows when it is the earliest.
enter_heap:
    or      dword ptr [rdi + Thread.flags], ThreadFlags.timed
    inc     dword ptr [rip + cpu + Cpu.deadline_count]
    mov     ecx, [rip + cpu + Cpu.deadline_count]
    call    sift_up
    cmp     dword ptr [rdi + Thread.heap_index], 1
    je      arm_timer
    ret

; Puts the thread at place ecx or, while it is earlier than what is there, above. Keeps rdi.
sift_up:
    mov     r8, HEAP
    mov     rdx, [rdi + Thread.deadline]
.next:
    mov     eax, ecx
    shr     eax, 1
    jz      .place
    mov     rsi, [r8 + rax * 8]
    cmp     rdx, [rsi + Thread.deadline]
    jae     .place
    mov     [r8 + rcx * 8], rsi
    mov     [rsi + Thread.heap_index], ecx
    mov     ecx, eax
    jmp     .next
.place:
    mov     [r8 + rcx * 8], rdi
    mov     [rdi + Thread.heap_index], ecx
    ret

; Takes the thread out, if it is there. Keeps rdi.
leave_heap:
    mov     ecx, [rdi + Thread.heap_index]
    test    ecx, ecx
    jz      .done
    mov     dword ptr [rdi + Thread.heap_index], 0
    and     dword ptr [rdi + Thread.flags], ~ThreadFlags.timed
    mov     eax, [rip + cpu + Cpu.deadline_count]
    dec     dword ptr [rip + cpu + Cpu.deadline_count]
    cmp     ecx, eax
    je      .done
    push    rdi
    mov     r8, HEAP
    mov     rdi, [r8 + rax * 8]         ; the last takes its place, and sinks or rises from there
    call    sift_down
    call    sift_up
    pop     rdi
.done:
    ret

; Brings up what is below place ecx while the thread is later. Returns ecx = the place left for it.
sift_down:
    mov     r8, HEAP
    mov     r9d, [rip + cpu + Cpu.deadline_count]
    mov     rdx, [rdi + Thread.deadline]
.next:
    lea     eax, [rcx + rcx]
    cmp     eax, r9d
    ja      .done
    mov     rsi, [r8 + rax * 8]
    je      .one_child
    mov     r10, [r8 + rax * 8 + 8]
    mov     r11, [r10 + Thread.deadline]
    cmp     r11, [rsi + Thread.deadline]
    jae     .one_child
    mov     rsi, r10
    inc     eax
.one_child:
    cmp     rdx, [rsi + Thread.deadline]
    jbe     .done
    mov     [r8 + rcx * 8], rsi
    mov     [rsi + Thread.heap_index], ecx
    mov     ecx, eax
    jmp     .next
.done:
    ret

; Ends the waits whose time has come, EXPIRE of them at most: the timer comes again for the others.
expire_deadlines:
    push    r12
    push    r13
    mov     r12d, EXPIRE
    call    clock_now
    mov     r13, rax
.next:
    cmp     dword ptr [rip + cpu + Cpu.deadline_count], 0
    je      .done
    mov     rdi, HEAP
    mov     rdi, [rdi + 8]
    cmp     [rdi + Thread.deadline], r13
    ja      .done
    mov     esi, Status.TIMED_OUT
    call    unblock
    dec     r12d
    jnz     .next
.done:
    pop     r13
    pop     r12
    ret
