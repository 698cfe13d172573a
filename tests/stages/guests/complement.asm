; Answers every message with the complement of all its words, as many as came.

complement:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    not     rsi
    not     rdx
    not     r8
    not     r9
    not     r10
    not     rbx
    not     r12
    not     r13
    not     r14
    not     rbp
    movzx   ecx, al
    mov     edi, User.BUFFER
.next:
    cmp     ecx, Abi.REGISTER_WORDS
    jbe     .reply
    dec     ecx
    not     qword ptr [rdi + rcx * 8]
    jmp     .next
.reply:
    movzx   eax, al
    or      eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
