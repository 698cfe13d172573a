; A witness of message passing: calls an echo for ever and counts in a shared page, behind the other
; witness's count, how often all ten words came back. The words change with every call. A wrong one,
; or a status, ends it with EXIT, which its supervisor records.

const TRIPS = User.DEVICES + 8

caller:
    mov     edi, cap.count
    mov     esi, cap.self
    mov     edx, User.DEVICES
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .spoilt
.trip:
    mov     ecx, TRIPS
    mov     rsi, [rcx]
    mov     rdx, rsi
    not     rdx
    lea     r8, [rsi + 2]
    lea     r9, [rsi + 3]
    lea     r10, [rsi + 4]
    lea     rbx, [rsi + 5]
    lea     r12, [rsi + 6]
    lea     r13, [rsi + 7]
    lea     r14, [rsi + 8]
    lea     rbp, [rsi + 9]
    mov     edi, cap.echo
    mov     eax, Abi.REGISTER_WORDS
    syscall
    cmp     eax, Abi.REGISTER_WORDS
    jne     .spoilt
    mov     ecx, TRIPS
    sub     rsi, [rcx]
    not     rdx
    sub     rdx, [rcx]
    sub     r8, [rcx]
    sub     r9, [rcx]
    sub     r10, [rcx]
    sub     rbx, [rcx]
    sub     r12, [rcx]
    sub     r13, [rcx]
    sub     r14, [rcx]
    sub     rbp, [rcx]
    or      rsi, rdx
    jnz     .spoilt
    lea     rax, [r8 + r9]
    add     rax, r10
    add     rax, rbx
    add     rax, r12
    add     rax, r13
    add     rax, r14
    add     rax, rbp
    cmp     rax, 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9
    jne     .spoilt
    inc     qword ptr [rcx]
    jmp     .trip
.spoilt:
    xor     edi, edi                    ; STOP
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
