; create: Threads.
;
; Jumped to by create.asm with rbx = T of the caller, r12 = the record of the Space that pays, r13 = the
; slot; in the caller's frame r8 = handle of the Space that it lives in, r9 = priority, r10 = address of
; its message buffer there, 0: the buffer is mapped nowhere. It is STOPPED, has no supervisor, and its
; registers are 0. It takes two frames: its control page, and its buffer.

const THREAD_FRAMES = 2
const SENT          = MessageBuffer.capability_rights + 8
const PTE_BUFFER    = PTE_PAGE | PageTableEntry.writable
const ZEROED        = Thread.xsave - Thread.frame       ; of the control page

create_thread:
    mov     rdi, [rbx + Thread.frame.r8]
    mov     esi, ObjectType.SPACE
    mov     edx, SpaceRights.control
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r14, [rdx + ObjectHeader.target]    ; r14 = the Space that it lives in
    mov     rax, [rbx + Thread.frame.r9]
    cmp     rax, [r14 + Space.max_priority]
    mov     eax, Status.PRIORITY
    ja      complete
    mov     rsi, [rbx + Thread.frame.r10]
    test    rsi, rsi
    jz      .checked
    mov     edi, Page.SIZE - 1
    call    check_address
    test    eax, eax
    jnz     complete
.checked:
    mov     rdi, r12
    mov     esi, THREAD_FRAMES
    mov     edx, 1
    call    charge
    test    eax, eax
    jnz     complete
    xor     ebp, ebp                    ; rbp = the entry that is to map the buffer
    mov     rsi, [rbx + Thread.frame.r10]
    test    rsi, rsi
    jz      .make
    mov     rdi, r14
    mov     edx, Page.SHIFT
    call    find_entry
    test    eax, eax
    jnz     .give_back
    mov     eax, Status.MAPPED
    cmp     qword ptr [rcx], 0
    jne     .give_back
    mov     rbp, rcx
.make:
    call    take_frame                  ; the charge says that it is there
    mov     r15, Kernel.DIRECT
    add     r15, rax
    lea     rdi, [r15 + Thread.origin + Thread.frame]
    xor     eax, eax
    mov     ecx, ZEROED / 8
    rep stosq
    add     rdi, XsaveArea.header       ; XSAVE writes only some of it, and XRSTOR wants 0 in the rest
    mov     ecx, XsaveHeader.size / 8
    rep stosq
    add     r15, Thread.origin          ; r15 = its T
    mov     rdi, r12
    mov     esi, ObjectType.THREAD
    mov     rdx, r15
    call    new_header
    mov     [r15 + Thread.object], rax
    shr     eax, HeaderNumber.SHIFT
    mov     [r15 + Thread.number], rax
    call    take_frame
    mov     rdx, Kernel.DIRECT
    add     rdx, rax
    mov     ecx, SENT / 8               ; what it could send
    test    rbp, rbp
    jz      .clear
    mov     ecx, Page.SIZE / 8          ; what its Space will see
    or      rax, PTE_BUFFER
    bts     rax, PageTableEntry.no_execute.shift
    mov     [rbp], rax
.clear:
    mov     rdi, rdx
    xor     eax, eax
    rep stosq
    add     rdx, Abi.REGISTER_WORDS * 8
    mov     [r15 + Thread.buffer], rdx
    mov     rax, [rbx + Thread.frame.r10]
    mov     [r15 + Thread.buffer_address], rax
    call    prepare_thread
    call    count_thread
    mov     rax, [r15 + Thread.object]
    jmp     created
.give_back:
    mov     ebp, eax
    mov     rdi, r12
    mov     esi, THREAD_FRAMES
    mov     edx, 1
    call    uncharge
    mov     eax, ebp
    jmp     complete

; Makes r15 a stopped thread of the Space r14, of the priority in the caller's frame.r9.
prepare_thread:
    mov     dword ptr [r15 + Thread.frame.cs], Selector.USER_CODE
    mov     dword ptr [r15 + Thread.frame.ss], Selector.USER_DATA
    mov     dword ptr [r15 + Thread.frame.rflags], RETURN_FLAGS
    mov     eax, [rbx + Thread.frame.r9]
    inc     eax
    mov     [r15 + Thread.rank], eax
    mov     [r15 + Thread.base_rank], eax
    mov     dword ptr [r15 + Thread.state], ThreadState.STOPPED
    lea     rax, [rip + nobody + Thread.origin]
    mov     [r15 + Thread.caller], rax
    mov     [r15 + Thread.partner], rax
    mov     rax, [r14 + Space.pml4]
    mov     [r15 + Thread.cr3], rax
    mov     rax, [r14 + Space.slots]
    mov     [r15 + Thread.slots], rax
    mov     rax, [r14 + Space.slot_count]
    dec     rax
    imul    rax, rax, Slot.size         ; the bits of a handle
    not     rax
    mov     [r15 + Thread.bad_mask], rax
    mov     rax, [r14 + Space.object]
    mov     [r15 + Thread.space], rax
    mov     rax, [r14 + Space.threads]
    mov     [r15 + Thread.space_next], rax
    mov     [r14 + Space.threads], r15
    test    rax, rax
    jz      .only
    mov     [rax + Thread.space_previous], r15
.only:
    ret
