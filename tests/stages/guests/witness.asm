; A witness: shares the processor with wards that fault, and notices if anything of it changes.
;
; Holds a value in every register and every flag that a task may set, and counts in a shared page
; how often it found them all unchanged. It never gives the processor up, so each look may have been
; interrupted by anything. One wrong value ends it with EXIT, which its supervisor records.

const FLAGS = 0x244ed7                  ; ID, AC, NT, OF, DF, IF, SF, ZF, AF, PF, CF and bit 1

witness:
    mov     edi, cap.count
    mov     esi, cap.self
    mov     edx, User.DEVICES
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     .spoilt
    mov     rax, -0x1111_1110
    mov     rbx, -0x1111_1111
    mov     rdx, -0x1111_1113
    mov     rsi, -0x1111_1114
    mov     rdi, -0x1111_1115
    mov     rbp, -0x1111_1116
    mov     r8, -0x1111_1118
    mov     r9, -0x1111_1119
    mov     r10, -0x1111_111a
    mov     r11, -0x1111_111b
    mov     r12, -0x1111_111c
    mov     r13, -0x1111_111d
    mov     r14, -0x1111_111e
    mov     r15, -0x1111_111f
.round:
    push    FLAGS
    popfq
    nop
    nop
    pushfq
    cmp     qword ptr [rsp], FLAGS
    lea     rsp, [rsp + 8]
    jne     .spoilt
    cmp     rax, -0x1111_1110
    jne     .spoilt
    cmp     rbx, -0x1111_1111
    jne     .spoilt
    cmp     rdx, -0x1111_1113
    jne     .spoilt
    cmp     rsi, -0x1111_1114
    jne     .spoilt
    cmp     rdi, -0x1111_1115
    jne     .spoilt
    cmp     rbp, -0x1111_1116
    jne     .spoilt
    cmp     r8, -0x1111_1118
    jne     .spoilt
    cmp     r9, -0x1111_1119
    jne     .spoilt
    cmp     r10, -0x1111_111a
    jne     .spoilt
    cmp     r11, -0x1111_111b
    jne     .spoilt
    cmp     r12, -0x1111_111c
    jne     .spoilt
    cmp     r13, -0x1111_111d
    jne     .spoilt
    cmp     r14, -0x1111_111e
    jne     .spoilt
    cmp     r15, -0x1111_111f
    jne     .spoilt
    mov     ecx, User.DEVICES
    inc     qword ptr [rcx]
    jmp     .round
.spoilt:
    xor     edi, edi                    ; STOP
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
