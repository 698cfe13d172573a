; inspect: what an object is and uses.
;
; `call_inspect` is jumped to by slow.asm with rbx = T, rdi = a handle of any type, eax = words. Without one it collects its
; answer at rsp, in the order of kobjects.kernel.inspect, and ends in `complete_words`. The routine of a type gets
; rdi = the header, rsi = the Slot, rsp = T's answer behind the return address, and returns ecx = words.

const ANSWER = 8                        ; above the return address

call_inspect:
    cmp     eax, 1
    je      inspect_slot
    ja      refuse_argument
    mov     rax, [rbx + Thread.space]
    mov     rax, [rax + objects + ObjectHeader.target]
    imul    rdx, [rax + Space.slot_count], Slot.size
    mov     eax, Status.BAD_HANDLE
    cmp     rdi, rdx
    jae     complete
    test    dil, Slot.size - 1
    jnz     complete
    mov     rsi, [rbx + Thread.slots]
    add     rsi, rdi
    mov     eax, Status.EMPTY
    movzx   edx, byte ptr [rsi + Slot.type]
    test    edx, edx
    jz      complete
    sub     rsp, WORDS_BYTES
    mov     rdi, rsp
    xor     eax, eax
    mov     ecx, Abi.REGISTER_WORDS
    rep stosq
    mov     [rsp + Inspected.type], rdx
    movzx   eax, byte ptr [rsi + Slot.rights]
    mov     [rsp + Inspected.rights], rax
    mov     rdi, [rsi + Slot.object]
    add     rdi, objects
    mov     ecx, Inspected.unused / 8
    cmp     edx, ObjectType.REPLY       ; its slot is emptied when its client leaves
    je      .alive
    mov     rax, [rsi + Slot.key]
    shr     rax, Key.TAG_BITS
    cmp     rax, [rdi + ObjectHeader.generation]
    jne     .answer
.alive:
    mov     qword ptr [rsp + Inspected.alive], 1
    call    [rdx*8 + inspect_parts]
.answer:
    mov     r12d, ecx
    mov     rsi, rsp
    call    return_words
    mov     eax, r12d
    jmp     complete_words

; With a word: a Space, and the handle of a slot in its table. What is told is the capability, not more of its
; object than whether it is alive.
inspect_slot:
    mov     esi, ObjectType.SPACE
    mov     edx, SpaceRights.caps
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rdi, [rdx + ObjectHeader.target]
    mov     rsi, [rbx + Thread.frame.rsi]
    call    find_slot
    mov     rsi, rax
    test    rax, rax
    mov     eax, Status.BAD_HANDLE
    jz      complete
    mov     eax, Status.EMPTY
    movzx   r12d, byte ptr [rsi + Slot.type]
    test    r12d, r12d
    jz      complete
    movzx   r13d, byte ptr [rsi + Slot.rights]
    mov     r14, [rsi + Slot.badge]
    mov     rax, [rsi + Slot.object]
    mov     rcx, [rsi + Slot.key]
    shr     rcx, Key.TAG_BITS
    xor     edx, edx
    cmp     rcx, [rax + objects + ObjectHeader.generation]
    sete    dl
    cmp     r12d, ObjectType.REPLY      ; its slot is emptied when its client leaves
    mov     eax, 1
    cmove   edx, eax
    mov     r15d, edx
    call    clear_results
    mov     [rbx + Thread.frame.rsi], r12
    mov     [rbx + Thread.frame.rdx], r15
    mov     [rbx + Thread.frame.r8], r13
    mov     [rbx + Thread.frame.r9], r14
    mov     eax, InspectedSlot.unused / 8
    jmp     complete_words

inspect_name:
    mov     ecx, Inspected.unused / 8
    ret

inspect_thread:
    test    byte ptr [rsi + Slot.rights], ThreadRights.read
    jz      inspect_name
    mov     rdi, [rdi + ObjectHeader.target]
    mov     eax, ThreadState.RECEIVING
    cmp     dword ptr [rdi + Thread.receive_key], 0
    jne     .state
    mov     eax, ThreadState.REPLY_WAIT
    cmp     dword ptr [rdi + Thread.reply_key], 0
    jne     .state
    mov     eax, [rdi + Thread.state]
.state:
    mov     [rsp + ANSWER + InspectedThread.state], rax
    mov     eax, [rdi + Thread.rank]
    dec     eax
    mov     [rsp + ANSWER + InspectedThread.priority], rax
    mov     eax, [rdi + Thread.base_rank]
    dec     eax
    mov     [rsp + ANSWER + InspectedThread.base_priority], rax
    mov     eax, [rdi + Thread.flags]
    mov     [rsp + ANSWER + InspectedThread.flags], rax
    mov     rax, [rdi + Thread.number]
    mov     [rsp + ANSWER + InspectedThread.number], rax
    mov     rax, [rdi + Thread.buffer_address]
    mov     [rsp + ANSWER + InspectedThread.buffer], rax
    call    thread_time
    mov     [rsp + ANSWER + InspectedThread.nanoseconds], rax
    mov     ecx, Abi.REGISTER_WORDS
    ret

inspect_space:
    test    byte ptr [rsi + Slot.rights], SpaceRights.control
    jz      inspect_name
    mov     rdi, [rdi + ObjectHeader.target]
    mov     rax, [rdi + Space.frame_limit]
    mov     [rsp + ANSWER + InspectedSpace.frame_limit], rax
    mov     rax, [rdi + Space.frames_used]
    mov     [rsp + ANSWER + InspectedSpace.frames_used], rax
    mov     rax, [rdi + Space.object_limit]
    mov     [rsp + ANSWER + InspectedSpace.object_limit], rax
    mov     rax, [rdi + Space.objects_used]
    mov     [rsp + ANSWER + InspectedSpace.objects_used], rax
    mov     rax, [rdi + Space.slot_count]
    mov     [rsp + ANSWER + InspectedSpace.slots], rax
    mov     rax, [rdi + Space.max_priority]
    mov     [rsp + ANSWER + InspectedSpace.max_priority], rax
    mov     rax, [rdi + Space.depth]
    mov     [rsp + ANSWER + InspectedSpace.depth], rax
    mov     ecx, Abi.REGISTER_WORDS
    ret

inspect_endpoint:
    test    byte ptr [rsi + Slot.rights], EndpointRights.control
    jz      inspect_name
inspect_badge:
    mov     rax, [rsi + Slot.badge]
    mov     [rsp + ANSWER + InspectedEndpoint.badge], rax
    mov     ecx, InspectedEndpoint.unused / 8
    ret

inspect_notification:
    test    byte ptr [rsi + Slot.rights], NotificationRights.control
    jz      inspect_name
    jmp     inspect_badge

inspect_frame:
    mov     eax, Page.SIZE
    mov     ecx, Page.LARGE
    cmp     byte ptr [rdi + ObjectHeader.large], 0
    cmovne  eax, ecx
    mov     [rsp + ANSWER + InspectedFrame.bytes], rax
    cmp     qword ptr [rsi + Slot.entry], 0
    je      .not_mapped
    mov     rax, [rsi + Slot.address]
    mov     [rsp + ANSWER + InspectedFrame.address], rax
.not_mapped:
    movzx   eax, word ptr [rdi + ObjectHeader.writable_mappings]
    mov     [rsp + ANSWER + InspectedFrame.writable_mappings], rax
    movzx   eax, word ptr [rdi + ObjectHeader.executable_mappings]
    mov     [rsp + ANSWER + InspectedFrame.executable_mappings], rax
    movzx   eax, byte ptr [rdi + ObjectHeader.device]
    mov     [rsp + ANSWER + InspectedFrame.device], rax
    test    byte ptr [rsi + Slot.rights], FrameRights.control
    jz      .nowhere
    mov     rax, [rdi + ObjectHeader.target]
    mov     [rsp + ANSWER + InspectedFrame.physical], rax
.nowhere:
    mov     ecx, InspectedFrame.unused / 8
    ret

inspect_irq:
    mov     eax, [rdi + ObjectHeader.target]
    mov     [rsp + ANSWER + InspectedIrq.line], rax
    imul    ecx, eax, IrqLine.size
    lea     rdx, [rip + cpu + Cpu.irqs]
    add     rdx, rcx
    mov     eax, [rdx + IrqLine.masked]
    mov     [rsp + ANSWER + InspectedIrq.masked], rax
    mov     eax, [rdx + IrqLine.count]
    mov     [rsp + ANSWER + InspectedIrq.count], rax
    mov     ecx, InspectedIrq.unused / 8
    ret

inspect_io_ports:
    movzx   eax, word ptr [rdi + ObjectHeader.target]
    mov     [rsp + ANSWER + InspectedIoPorts.first], rax
    movzx   eax, word ptr [rdi + ObjectHeader.target + PortRange.count]
    mov     [rsp + ANSWER + InspectedIoPorts.count], rax
    mov     ecx, InspectedIoPorts.unused / 8
    ret
