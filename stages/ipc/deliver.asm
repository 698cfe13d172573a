; Messages from one thread to another, off the fast path.
;
; `deliver` is called with rdi = the sender, rsi = the receiver: its frame gets ten words from the sender's
; frame, the buffer those beyond, and the receive slot a capability. Keeps rdi and rsi. The registers that
; carry no word become 0.

const BUFFER_CAPABILITY = MessageBuffer.capability - Abi.REGISTER_WORDS * 8     ; `buffer` is at word 10
const BUFFER_RIGHTS     = MessageBuffer.capability_rights - Abi.REGISTER_WORDS * 8

deliver:
    mov     ecx, [rdi + Thread.words]
    mov     eax, [rdi + Thread.kind]
    shl     eax, Abi.KIND_SHIFT
    or      eax, ecx
    mov     [rsi + Thread.frame.rax], rax
    mov     rax, [rdi + Thread.badge]
    mov     [rsi + Thread.frame.rdi], rax
    xor     eax, eax
    mov     [rsi + Thread.frame.rcx], rax
    mov     [rsi + Thread.frame.r11], rax
    mov     [rsi + Thread.frame.r15], rax
    mov     qword ptr [rsi + Thread.frame.rflags], RETURN_FLAGS
    test    dword ptr [rdi + Thread.flags], ThreadFlags.fault
    jnz     deliver_fault
    mov     rax, [rdi + Thread.frame.rsi]
    mov     [rsi + Thread.frame.rsi], rax
    mov     rax, [rdi + Thread.frame.rdx]
    mov     [rsi + Thread.frame.rdx], rax
    mov     rax, [rdi + Thread.frame.r8]
    mov     [rsi + Thread.frame.r8], rax
    mov     rax, [rdi + Thread.frame.r9]
    mov     [rsi + Thread.frame.r9], rax
    mov     rax, [rdi + Thread.frame.r10]
    mov     [rsi + Thread.frame.r10], rax
    mov     rax, [rdi + Thread.frame.rbx]
    mov     [rsi + Thread.frame.rbx], rax
    mov     rax, [rdi + Thread.frame.r12]
    mov     [rsi + Thread.frame.r12], rax
    mov     rax, [rdi + Thread.frame.r13]
    mov     [rsi + Thread.frame.r13], rax
    mov     rax, [rdi + Thread.frame.r14]
    mov     [rsi + Thread.frame.r14], rax
    mov     rax, [rdi + Thread.frame.rbp]
    mov     [rsi + Thread.frame.rbp], rax
    sub     ecx, Abi.REGISTER_WORDS
    jbe     .short
    push    rsi
    push    rdi
    mov     rax, [rdi + Thread.buffer]
    mov     rdi, [rsi + Thread.buffer]
    mov     rsi, rax
    rep movsq
    pop     rdi
    pop     rsi
.short:
    test    dword ptr [rdi + Thread.call_flags], Abi.CAPABILITY
    jnz     deliver_capability
    ret

; The sender's slot is looked up a second time, as it may have been emptied while the sender was queued. What can't
; be delivered is dropped, and the receiver is told.
deliver_capability:
    push    rdi
    push    rsi
    push    r12
    mov     r12, rdi
    mov     rax, [rsi + Thread.receive_slot]
    test    rax, rax
    jz      .drop
    add     rax, [rsi + Thread.slots]
    cmp     byte ptr [rax + Slot.type], ObjectType.NONE
    jne     .drop
    push    rax
    call    capability_to_send
    pop     rdi                         ; the receive slot
    test    rax, rax
    jz      .drop
    mov     rsi, rax
    mov     rdx, [r12 + Thread.buffer]
    mov     edx, [rdx + BUFFER_RIGHTS]
    call    copy_slot
    mov     eax, Abi.RECEIVED
    jmp     .tell
.drop:
    mov     eax, Abi.DROPPED
.tell:
    pop     r12
    pop     rsi
    pop     rdi
    or      [rsi + Thread.frame.rax], rax
    ret

; Returns rax = the slot of the capability that the thread in r12 sends, 0 when it names none that can be sent; edx = why.
capability_to_send:
    mov     rsi, [r12 + Thread.buffer]
    mov     rsi, [rsi + BUFFER_CAPABILITY]
    mov     rdi, [r12 + Thread.space]
    mov     rdi, [rdi + objects + ObjectHeader.target]
    call    find_slot
    mov     edx, Status.BAD_HANDLE
    test    rax, rax
    jz      .none
    mov     edx, Status.EMPTY
    cmp     byte ptr [rax + Slot.type], ObjectType.NONE
    je      .none
    mov     edx, Status.WRONG_TYPE
    cmp     byte ptr [rax + Slot.type], ObjectType.REPLY
    je      .none
    ret
.none:
    xor     eax, eax
    ret

; Returns eax = 0, or why the capability that rbx's call is to carry can't be sent.
check_capability:
    test    dword ptr [rbx + Thread.call_flags], Abi.CAPABILITY
    jz      .fine
    push    r12
    mov     r12, rbx
    call    capability_to_send
    pop     r12
    test    rax, rax
    mov     eax, edx
    jz      .done
.fine:
    xor     eax, eax
.done:
    ret
