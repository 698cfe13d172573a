; The invariants of the kernel, checked when it leaves to a task: objects, ready queues, deadlines.
;
; `check_invariants` is called by the generated exits on a stack of its own, with every register free. It
; reads everything and writes nothing; `invariant_broken` is jumped to with rsi = what does not hold.

const MANY = 0x10000                    ; more threads than there can be: a list that long is a ring

check_invariants:
    mov     r15, [rip + cpu + Cpu.tss.rsp0]     ; the thread that will run
    mov     r14d, ObjectHeader.size
.next:
    cmp     r14d, [rip + cpu + Cpu.objects_next]
    jae     .objects_hold
    cmp     byte ptr [r14 + objects + ObjectHeader.state], ObjectState.ALIVE
    jne     .checked
    movzx   eax, byte ptr [r14 + objects + ObjectHeader.type]
    mov     rbx, [r14 + objects + ObjectHeader.target]
    cmp     eax, ObjectType.THREAD
    je      .thread
    cmp     eax, ObjectType.SPACE
    je      .space
    cmp     eax, ObjectType.FRAME
    je      .frame
.checked:
    add     r14d, ObjectHeader.size
    jmp     .next
.thread:
    call    check_thread
    jmp     .checked
.space:
    lea     rsi, [rip + text_i7]
    mov     rax, [rbx + Space.frames_used]
    cmp     rax, [rbx + Space.frame_limit]
    ja      invariant_broken
    mov     rax, [rbx + Space.objects_used]
    cmp     rax, [rbx + Space.object_limit]
    ja      invariant_broken
    jmp     .checked
.frame:
    lea     rsi, [rip + text_i8]
    cmp     word ptr [r14 + objects + ObjectHeader.writable_mappings], 0
    je      .checked
    cmp     word ptr [r14 + objects + ObjectHeader.executable_mappings], 0
    jne     invariant_broken
    jmp     .checked
.objects_hold:
    call    check_current
    call    check_queues
    jmp     check_heap

; I9: who runs is ready, and nobody ready is above it; whom it works for pays; and it has what only some
; threads have, if and only if it is one of them.
check_current:
    lea     rsi, [rip + text_i9]
    mov     eax, [r15 + Thread.receive_key]
    or      eax, [r15 + Thread.reply_key]
    or      eax, [r15 + Thread.state]   ; READY is 0
    or      eax, [r15 + Thread.light]
    jnz     invariant_broken
    mov     eax, [r15 + Thread.rank]
    cmp     eax, [rip + cpu + Cpu.top]
    jb      invariant_broken
    lea     rsi, [rip + text_payer]
    mov     rcx, r15
    mov     edx, Abi.PARTNERS
.caller:
    mov     rax, [rcx + Thread.caller]
    cmp     rax, nobody + Thread.origin
    je      .first_caller
    cmp     rax, gone + Thread.origin
    je      .first_caller
    mov     rcx, rax
    dec     edx
    jnz     .caller
.first_caller:
    cmp     rcx, [rip + cpu + Cpu.payer]
    jne     invariant_broken
    lea     rsi, [rip + text_special]
    mov     eax, [r15 + Thread.flags]
    and     eax, SPECIAL_FLAGS
    cmp     eax, [rip + cpu + Cpu.special]
    jne     invariant_broken
    ret

; Every queued thread is ready, not the one that runs, and in the queue of its rank; the count, the bitmap and
; the highest rank are those of the queues.
check_queues:
    xor     r12d, r12d                  ; threads found
    mov     r13d, 1                     ; the highest rank found
    xor     r9d, r9d                    ; which word of the bitmap
.sixty_four:
    lea     rdx, [rip + cpu + Cpu.ready_map]
    mov     r10, [rdx + r9 * 8]
.rank:
    bsf     rbp, r10
    jz      .next_sixty_four
    btr     r10, rbp
    mov     eax, r9d
    shl     eax, 6
    add     ebp, eax
    mov     r13d, ebp
    call    check_queue
    jmp     .rank
.next_sixty_four:
    inc     r9d
    cmp     r9d, READY_WORDS
    jb      .sixty_four
    lea     rsi, [rip + text_map]
    cmp     r12d, [rip + cpu + Cpu.ready_count]
    jne     invariant_broken
    cmp     r13d, [rip + cpu + Cpu.top]
    jne     invariant_broken
    lea     rsi, [rip + text_armed]
    test    r12d, r12d
    jz      .unarmed
    cmp     dword ptr [rip + cpu + Cpu.armed], Armed.SLICE
    jne     invariant_broken
.unarmed:
    ret

; The queue of rank ebp; adds its threads to r12.
check_queue:
    mov     ecx, ebp
    shl     ecx, QUEUE_SHIFT
    mov     rbx, [rcx + cpu + READY + ReadyQueue.head]
    mov     rdx, [rcx + cpu + READY + ReadyQueue.tail]
    lea     rsi, [rip + text_queue]
    test    rbx, rbx
    jz      invariant_broken
.thread:
    cmp     rbx, r15
    je      invariant_broken
    mov     eax, [rbx + Thread.receive_key]
    or      eax, [rbx + Thread.reply_key]
    or      eax, [rbx + Thread.state]   ; READY is 0
    jnz     invariant_broken
    cmp     [rbx + Thread.rank], ebp
    jne     invariant_broken
    inc     r12d
    cmp     r12d, MANY
    ja      invariant_broken
    cmp     rbx, rdx
    je      .end
    mov     rax, rbx
    mov     rbx, [rbx + Thread.next]
    cmp     [rbx + Thread.previous], rax
    jne     invariant_broken
    jmp     .thread
.end:
    ret

; I10: the heap holds timed threads, each above those that are later.
check_heap:
    lea     rsi, [rip + text_i10]
    mov     r12d, [rip + cpu + Cpu.deadline_count]
    mov     r8, HEAP
    mov     ecx, 1
.next:
    cmp     ecx, r12d
    ja      .holds
    mov     rbx, [r8 + rcx * 8]
    cmp     [rbx + Thread.heap_index], ecx
    jne     invariant_broken
    test    dword ptr [rbx + Thread.flags], ThreadFlags.timed
    jz      invariant_broken
    mov     eax, ecx
    shr     eax, 1
    jz      .first
    mov     rdx, [r8 + rax * 8]
    mov     rax, [rdx + Thread.deadline]
    cmp     rax, [rbx + Thread.deadline]
    ja      invariant_broken
.first:
    inc     ecx
    jmp     .next
.holds:
    ret

invariant_broken:
    jmp     panic
