; Prints every message that it gets, as hexadecimal words on one line, and lets the sender go on.
;
;       fault BADGE WORD-0 … WORD-9     the kernel's ten words
;       call RAX BADGE WORD-0 … WORD-9 TRIPS COUNT SUM
; TRIPS and COUNT are the two witnesses', SUM is that of the words in the message buffer. A thread
; that faulted resumes at the address in its rdi, or where it stands if that is 0. Its exit ends the
; run.

const COUNTER = User.DEVICES            ; the witness's count, and behind it the caller's
const BADGE   = 0                       ; places on the stack: badge, words, and what a call adds
const WORDS   = 8
const TRIPS   = WORDS + 10 * 8
const COUNT   = TRIPS + 8
const SUM     = COUNT + 8
const RETURNED     = SUM + 8
const FRAME   = RETURNED + 16

judge:
    sub     rsp, FRAME
    mov     edi, cap.counter
    mov     esi, cap.self
    mov     edx, COUNTER
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     failed
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     [rsp + RETURNED], rax
    mov     [rsp + BADGE], rdi
    mov     [rsp + WORDS + 0 * 8], rsi
    mov     [rsp + WORDS + 1 * 8], rdx
    mov     [rsp + WORDS + 2 * 8], r8
    mov     [rsp + WORDS + 3 * 8], r9
    mov     [rsp + WORDS + 4 * 8], r10
    mov     [rsp + WORDS + 5 * 8], rbx
    mov     [rsp + WORDS + 6 * 8], r12
    mov     [rsp + WORDS + 7 * 8], r13
    mov     [rsp + WORDS + 8 * 8], r14
    mov     [rsp + WORDS + 9 * 8], rbp
    test    eax, Abi.STATUS_MASK
    jnz     failed
    cmp     ah, Kind.FAULT
    je      .fault
    call    print_call
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
.fault:
    cmp     qword ptr [rsp + WORDS], FaultKind.EXIT << 8
    je      ended
    lea     rsi, [rip + text_fault]
    call    add_text
    lea     rbx, [rsp + BADGE]
    mov     ebp, TRIPS / 8
    call    print_words
    call    flush
    xor     esi, esi                    ; FaultReply.RETRY
    mov     rdx, [rsp + WORDS + 7 * 8]
    mov     ecx, FaultReply.RESUME
    test    rdx, rdx
    cmovnz  esi, ecx
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    jmp     .serve

; The line of a call; a return address lies below the places.
print_call:
    mov     ecx, COUNTER
    mov     rax, [rcx]
    mov     [rsp + 8 + COUNT], rax
    mov     rax, [rcx + 8]
    mov     [rsp + 8 + TRIPS], rax
    xor     edx, edx
    movzx   ecx, byte ptr [rsp + 8 + RETURNED]
    mov     eax, User.BUFFER
.sum:
    cmp     ecx, Abi.REGISTER_WORDS
    jbe     .summed
    dec     ecx
    add     rdx, [rax + rcx * 8]
    jmp     .sum
.summed:
    mov     [rsp + 8 + SUM], rdx
    lea     rsi, [rip + text_call]
    call    add_text
    lea     rbx, [rsp + 8 + RETURNED]
    mov     ebp, 1
    call    print_words
    lea     rbx, [rsp + 8 + BADGE]
    mov     ebp, RETURNED / 8
    call    print_words
    jmp     flush

; Sends the ebp words at rbx, a space before each.
print_words:
    push    rbx
    push    rbp
.next:
    lea     rsi, [rip + text_space]
    call    add_text
    mov     rcx, [rsp + 8]
    mov     rdi, [rcx]
    call    add_hex
    call    send
    add     qword ptr [rsp + 8], 8
    dec     qword ptr [rsp]
    jnz     .next
    pop     rbp
    pop     rbx
    ret

ended:
    call    print_call
    lea     rsi, [rip + text_ended]
    call    add_text
    call    flush
    mov     esi, DebugExit.PASSED
    jmp     finish
failed:
    mov     esi, DebugExit.FAILED
finish:
    mov     edi, cap.finish
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
.wait:
    jmp     .wait

text_fault:
    .asciz  "fault"
text_call:
    .asciz  "call"
text_space:
    .asciz  " "
text_ended:
    .asciz  "the ward has ended"
