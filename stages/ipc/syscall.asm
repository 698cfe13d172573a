; SYSCALL: the way into the kernel, and the fast paths.
;
; Entered at `syscall_entry` in ring 0 with interrupts off and DF, AC, TF, NT clear (FMASK):
;       rcx = the task's next instruction, r11 = its flags (dropped: they come back as 2 | IF),
;       rsp = its stack pointer; rax = words | Call << 8; rdi = handle;
;       rsi rdx r8 r9 r10 rbx r12 r13 r14 rbp = ten words; r15 = deadline, when rax asks for one.
; Leaves by SYSRET to the partner, or to `slow_call` (slow.asm) or vectors.asm with every register as the task gave
; it but rcx and r11, rsp = T, and frame.rip and frame.rsp saved.
;
; RSP is T, not a stack: the fast paths call nothing and push nothing. The ten words stay in their
; registers. Nothing of a partner is written until every check has passed. What each line is for,
; beside moving the two threads' states: a handle's range and alignment is one mask; type, right,
; generation and death are one comparison of keys (an empty slot names the null object, whose key
; nothing equals); the partner's readiness, its flags and the priorities are another.
;
; SYSRET is safe: RIP came from SYSCALL, and no page below the non-canonical hole is ever mapped
; (packer/checks/non_canonical.py).

const RETURN_FLAGS = KERNEL_FLAGS | Rflags.interrupt
const objects = Kernel.OBJECTS           ; the object table, where a displacement reaches it

syscall_entry:
    mov     r11, rsp
    mov     rsp, [rip + cpu + Cpu.tss.rsp0]
    mov     [rsp + Thread.frame.rsp], r11
    mov     [rsp + Thread.frame.rip], rcx
    cmp     rax, Abi.REGISTER_WORDS
    ja      not_short_call

; call, with no more than ten words: to a server that waits.
    test    rdi, [rsp + Thread.bad_mask]
    jnz     call_of_special
    add     rdi, [rsp + Thread.slots]
    mov     rcx, [rdi + Slot.object]
    mov     r11, [rdi + Slot.key]
    cmp     r11, [rcx + objects + ObjectHeader.call_key]
    jne     slow_call_of_slot
    mov     r11, [rcx + objects + ObjectHeader.target]
    mov     ecx, [rsp + Thread.rank]
    cmp     ecx, [r11 + Thread.receive_key]
    ja      call_with_vectors           ; not waiting, or special, or of lower priority
call_commit:
    mov     [rsp + Thread.reply_key], ecx
    mov     [rsp + Thread.partner], r11
    mov     dword ptr [r11 + Thread.receive_key], 0
    mov     [r11 + Thread.caller], rsp
    mov     rdi, [rdi + Slot.badge]
call_switch:
    xor     r15d, r15d                  ; the caller's, and not a word of the message
    mov     rcx, [r11 + Thread.cr3]
    cmp     rcx, [rsp + Thread.cr3]
    je      .same_space
    mov     cr3, rcx
.same_space:
    mov     [rip + cpu + Cpu.tss.rsp0], r11
    mov     rcx, [r11 + Thread.frame.rip]
    mov     rsp, [r11 + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq

slow_call_of_slot:
    sub     rdi, [rsp + Thread.slots]
    jmp     slow_call

not_short_call:
    sub     rax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    cmp     rax, Abi.REGISTER_WORDS
    ja      not_short

; reply_recv, with no more than ten words: to the client that waits for it. A client of a server with a flag
; has no key, so nothing else needs to be asked.
    mov     r11, [rsp + Thread.caller]
    mov     ecx, [r11 + Thread.reply_key]
    cmp     ecx, [rip + cpu + Cpu.top]
    jb      reply_to_special            ; nobody, gone, flagged, or of lower priority than a ready one
reply_commit:
    mov     dword ptr [r11 + Thread.reply_key], 0
    mov     ecx, [rsp + Thread.base_rank]
    mov     [rsp + Thread.receive_key], ecx
    mov     qword ptr [rsp + Thread.caller], nobody + Thread.origin
    xor     edi, edi                    ; a reply has no badge
    xor     r15d, r15d
    mov     rcx, [r11 + Thread.cr3]
    cmp     rcx, [rsp + Thread.cr3]
    je      .same_space
    mov     cr3, rcx
.same_space:
    mov     [rip + cpu + Cpu.tss.rsp0], r11
    mov     rcx, [r11 + Thread.frame.rip]
    mov     rsp, [r11 + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq

; The numbers are 0 from here on for REPLY_RECV.
not_short:
    cmp     rax, (Call.RECV - Call.REPLY_RECV) << Abi.NUMBER_SHIFT
    je      light_recv
    cmp     rax, (Call.SIGNAL - Call.REPLY_RECV) << Abi.NUMBER_SHIFT
    je      light_signal
    cmp     rax, (Call.YIELD - Call.REPLY_RECV) << Abi.NUMBER_SHIFT
    je      light_yield
    cmp     rax, Abi.MESSAGE_WORDS
    jbe     long_reply
    cmp     rax, (Call.NULL - Call.REPLY_RECV) << Abi.NUMBER_SHIFT
    jne     slow_reply

; null: the price of the way in and out. The registers keep what the task had in them.
    mov     eax, Abi.VERSION
return_to_caller:
    mov     rcx, [rsp + Thread.frame.rip]
    mov     rsp, [rsp + Thread.frame.rsp]
    mov     r11d, RETURN_FLAGS
    sysretq

reply_to_special:
    cmp     dword ptr [r11 + Thread.flags], ThreadFlags.fault
    je      fast_reply_to_fault
    jmp     reply_with_vectors

slow_reply:
    add     rax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    cmp     rax, Abi.MESSAGE_WORDS
    jbe     long_call
    cmp     rax, Call.MAP << Abi.NUMBER_SHIFT
    je      light_map
    cmp     rax, Call.UNMAP << Abi.NUMBER_SHIFT
    je      light_unmap
    lea     rcx, [rax - Abi.CAPABILITY]
    cmp     rcx, Abi.MESSAGE_WORDS
    jbe     capability_call
    sub     rcx, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    cmp     rcx, Abi.MESSAGE_WORDS
    jbe     capability_reply
    jmp     slow_call

; SYSCALL from 32-bit code. No descriptor lets a task run such code, so this is the processor's or an
; emulator's fault; CSTAR points here and not at 0, where a task's page could lie.
syscall_compatibility:
    lea     rsi, [rip + text_compatibility]
    jmp     panic
