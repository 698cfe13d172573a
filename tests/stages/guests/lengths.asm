; Sends messages of every length to a server that complements, and looks at every word of each reply
; and at the rest of the buffer, which must be as it was. Says of each server how many lengths came
; back right, and the first that did not.

const BUFFER_WORDS = 256                ; of the page, up to lib.asm's line: more than any message
const SERVERS      = 3
const WRONG        = 0                  ; places on the stack: the first wrong length
const RIGHT        = 8
const LENGTH       = 16
const SERVER       = 24
const FRAME        = 32

lengths:
    sub     rsp, FRAME
    mov     qword ptr [rsp + SERVER], 0
.server:
    mov     qword ptr [rsp + WRONG], -1
    mov     qword ptr [rsp + RIGHT], 0
    mov     qword ptr [rsp + LENGTH], 0
.length:
    mov     edi, User.BUFFER
    mov     ecx, BUFFER_WORDS
    mov     rax, [rsp + LENGTH]
    shl     rax, 32
.fill:
    mov     [rdi], rax
    inc     rax
    add     rdi, 8
    dec     ecx
    jnz     .fill
    mov     rsi, [rsp + LENGTH]
    lea     rdx, [rsi + 1]
    lea     r8, [rsi + 2]
    lea     r9, [rsi + 3]
    lea     r10, [rsi + 4]
    lea     rbx, [rsi + 5]
    lea     r12, [rsi + 6]
    lea     r13, [rsi + 7]
    lea     r14, [rsi + 8]
    lea     rbp, [rsi + 9]
    mov     rax, [rsp + SERVER]
    lea     rcx, [rip + servers]
    mov     rdi, [rcx + rax * 8]
    mov     rax, [rsp + LENGTH]
    syscall
    cmp     rax, [rsp + LENGTH]
    jne     .wrong
    test    rdi, rdi
    jnz     .wrong
    xor     ecx, ecx                    ; all bits in which a register is not what was sent
    not     rsi
    sub     rsi, [rsp + LENGTH]
    or      rcx, rsi
    not     rdx
    lea     rax, [rdx - 1]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     r8
    lea     rax, [r8 - 2]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     r9
    lea     rax, [r9 - 3]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     r10
    lea     rax, [r10 - 4]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     rbx
    lea     rax, [rbx - 5]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     r12
    lea     rax, [r12 - 6]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     r13
    lea     rax, [r13 - 7]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     r14
    lea     rax, [r14 - 8]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    not     rbp
    lea     rax, [rbp - 9]
    sub     rax, [rsp + LENGTH]
    or      rcx, rax
    jnz     .wrong
    mov     edi, User.BUFFER
    mov     r8, [rsp + LENGTH]
    shl     r8, 32                      ; what word ecx was filled with
.look:
    mov     rax, [rdi + rcx * 8]
    cmp     ecx, Abi.REGISTER_WORDS
    jb      .kept                       ; these travel in registers alone
    cmp     rcx, [rsp + LENGTH]
    jae     .kept
    not     rax
.kept:
    cmp     rax, r8
    jne     .wrong
    inc     r8
    inc     ecx
    cmp     ecx, BUFFER_WORDS
    jb      .look
    inc     qword ptr [rsp + RIGHT]
    jmp     .next
.wrong:
    mov     rax, [rsp + LENGTH]
    cmp     [rsp + WRONG], rax
    jbe     .next
    mov     [rsp + WRONG], rax
.next:
    inc     qword ptr [rsp + LENGTH]
    cmp     qword ptr [rsp + LENGTH], Abi.MESSAGE_WORDS
    jbe     .length
    lea     rsi, [rip + text_right]
    call    add_text
    mov     rdi, [rsp + RIGHT]
    call    add_hex
    lea     rsi, [rip + text_space]
    call    add_text
    mov     rdi, [rsp + WRONG]
    call    add_hex
    call    flush
    inc     qword ptr [rsp + SERVER]
    cmp     qword ptr [rsp + SERVER], SERVERS
    jb      .server
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

    .align  8
servers:
    .quad   cap.fast, cap.ported, cap.low

text_right:
    .asciz  "right "
text_space:
    .asciz  " "
