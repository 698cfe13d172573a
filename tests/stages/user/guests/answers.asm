; Answers each call from a table of the test's: `rows`, quadwords
;
;       request, words 1 to 3 or ANY, rax of REPLY_RECV, ten words
;
; the first row that fits; a request of 0 ends the table, and is then what everybody is answered with.
; A row with words above the tenth has its bytes at `bytes`, from its tenth word on.

const ANY = 0xaaaaaaaaaaaaaaaa
const ROW = 15 * 8
const DATA = User.BUFFER + Abi.REGISTER_WORDS * 8

answers:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     answers
    lea     rcx, [rip + rows]
    mov     r11, ANY
.next:
    cmp     qword ptr [rcx], 0
    je      .found
    cmp     [rcx], rsi
    jne     .other
    cmp     [rcx + 8], r11
    je      .second
    cmp     [rcx + 8], rdx
    jne     .other
.second:
    cmp     [rcx + 2 * 8], r11
    je      .third
    cmp     [rcx + 2 * 8], r8
    jne     .other
.third:
    cmp     [rcx + 3 * 8], r11
    je      .found
    cmp     [rcx + 3 * 8], r9
    je      .found
.other:
    add     rcx, ROW
    jmp     .next
.found:
    mov     r15, rcx
    mov     rax, [rcx + 4 * 8]
    movzx   ecx, al
    sub     ecx, Abi.REGISTER_WORDS
    jbe     .short
    lea     rsi, [rip + bytes]
    add     rsi, [r15 + 14 * 8]
    mov     edi, DATA
    rep movsq
.short:
    mov     rsi, [r15 + 5 * 8]
    mov     rdx, [r15 + 6 * 8]
    mov     r8, [r15 + 7 * 8]
    mov     r9, [r15 + 8 * 8]
    mov     r10, [r15 + 9 * 8]
    mov     rbx, [r15 + 10 * 8]
    mov     r12, [r15 + 11 * 8]
    mov     r13, [r15 + 12 * 8]
    mov     r14, [r15 + 13 * 8]
    xor     ebp, ebp
    jmp     .serve
