; read_thread and write_thread: the registers and settings of a thread.
;
; Jumped to by slow.asm with rbx = T of the caller, rdi = the handle of a Thread or 0 for the caller itself,
; eax = words. Word 0 is the ThreadPart. What lies in the thread's page as it is read is a list of places
; in text.asm; the other parts have a routine, `read_…` here, `write_…` here and in settings.asm. A routine
; that writes is jumped to with rbp = T of the thread, the words in the caller's frame, and ends in
; `complete`. Every argument is checked before anything is written.

const WORDS_BYTES = Abi.REGISTER_WORDS * 8
const PARTS       = ThreadPart.PORTS + 1
const ARITHMETIC  = Rflags.carry | Rflags.parity | Rflags.auxiliary_carry | Rflags.zero | Rflags.sign | Rflags.overflow
const USER_FLAGS  = ARITHMETIC | Rflags.trap | Rflags.direction | Rflags.resume | Rflags.alignment_check | Rflags.id

call_read_thread:
    cmp     eax, 1
    jne     refuse_argument
    mov     r12, [rbx + Thread.frame.rsi]
    cmp     r12, PARTS
    jae     refuse_argument
    movzx   r13d, byte ptr [r12 + words_read]
    test    r13d, r13d
    jz      refuse_argument             ; a part that is only written
    mov     edx, ThreadRights.read
    call    find_thread
    test    eax, eax
    jnz     complete
    sub     rsp, WORDS_BYTES            ; the thread may be the caller, whose words get the result
    mov     rdi, rsp
    xor     eax, eax
    mov     ecx, Abi.REGISTER_WORDS
    rep stosq
    mov     rdx, [r12*8 + read_places]
    test    rdx, rdx
    jz      .settings
    xor     ecx, ecx
.next:
    movsxd  rax, dword ptr [rdx + rcx * 4]
    mov     rax, [rbp + rax]
    mov     [rsp + rcx * 8], rax
    inc     ecx
    cmp     ecx, r13d
    jb      .next
    jmp     .read
.settings:
    mov     rdi, rsp
    cmp     r12d, ThreadPart.FPU
    je      .fpu
    mov     eax, [rbp + Thread.base_rank]
    dec     eax
    mov     [rdi], rax
    mov     eax, [rbp + Thread.rank]
    dec     eax
    mov     [rdi + 8], rax
    jmp     .read
.fpu:
    mov     eax, [rbp + Thread.flags]
    and     eax, ThreadFlags.fpu
    setnz   al
    movzx   eax, al
    mov     [rdi], rax
.read:
    mov     rsi, rsp
    call    return_words
    add     rsp, WORDS_BYTES
    mov     eax, r13d
    jmp     complete_words

; Makes the ten words at rsi those that the caller in rbx gets. Keeps r12 to r15.
return_words:
    push    rsi
    call    clear_results
    pop     rsi
    xor     ecx, ecx
.next:
    movsxd  rax, dword ptr [rcx * 4 + word_places]
    mov     rdx, [rsi + rcx * 8]
    mov     [rbx + rax], rdx
    inc     ecx
    cmp     ecx, Abi.REGISTER_WORDS
    jb      .next
    ret

; Returns rbp = T of the thread whose handle is rdi, by a capability with the rights edx, or of the caller
; when the handle is 0; eax = 0, or the Status of the check that failed. Keeps r12 and r13.
find_thread:
    test    rdi, rdi
    jz      .caller
    mov     esi, ObjectType.THREAD
    call    lookup
    test    eax, eax
    jnz     .done
    mov     rbp, [rdx + ObjectHeader.target]
    mov     rdi, rbp
    call    settle
    xor     eax, eax
.done:
    ret
.caller:
    mov     rbp, rbx
    xor     eax, eax
    ret

call_write_thread:
    mov     r12, [rbx + Thread.frame.rsi]
    test    eax, eax
    jz      refuse_argument
    cmp     r12, PARTS
    jae     refuse_argument
    movzx   ecx, byte ptr [r12 + words_written]
    cmp     eax, ecx
    jne     refuse_argument
    mov     edx, ThreadRights.write
    cmp     r12d, ThreadPart.SUPERVISOR
    je      write_supervisor            ; who needs more than this right, and no thread names its own
    call    find_thread
    test    eax, eax
    jnz     complete
    jmp     [r12*8 + write_parts]

write_registers:
    mov     eax, Status.BAD_ADDRESS
    mov     rcx, User.LIMIT
    cmp     [rbx + Thread.frame.rdx], rcx
    jae     complete
    lea     rdx, [rip + places_of_registers]
    jmp     write_places

write_more_registers:
    lea     rdx, [rip + places_of_more_registers]

; The nine words behind the part, to the places at rdx. The selectors are never written, and of the flags only
; those that a task can change.
write_places:
    mov     eax, Status.BAD_STATE
    cmp     dword ptr [rbp + Thread.state], ThreadState.STOPPED
    jne     complete
    xor     ecx, ecx
.next:
    movsxd  rax, dword ptr [rcx * 4 + word_places + 4]
    mov     rsi, [rbx + rax]
    movsxd  rax, dword ptr [rdx + rcx * 4]
    mov     [rbp + rax], rsi
    inc     ecx
    cmp     ecx, Abi.REGISTER_WORDS - 1
    jb      .next
    mov     rax, [rbp + Thread.frame.rflags]
    and     eax, USER_FLAGS
    or      eax, RETURN_FLAGS
    mov     [rbp + Thread.frame.rflags], rax
    xor     eax, eax
    jmp     complete
