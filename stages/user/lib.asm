; Lines of text for tasks that talk to the console server.
;
; A line is put together at LINE, in the part of the message buffer's page that the kernel never
; reads, with its length behind it: `add_text`, `add_decimal` and `add_hex` append, `send` prints what is there and `flush` ends the
; line first. A system call keeps only rsp, so those two do too; the others use rax, rcx, rdx, rsi, rdi. Who must
; not wait for ever stores until when at LINE + DEADLINE, in ns since boot, before each of those two.

const LINE       = User.BUFFER + 0x800
const LINE_BYTES = Abi.REGISTER_WORDS * 8
const DEADLINE   = LINE_BYTES + 8
const DIGITS     = 23                   ; room for 20 decimal digits and the zero behind them

; Appends the zero-terminated text at rsi; what is past the line's end is lost.
add_text:
    mov     eax, LINE
    mov     ecx, [rax + LINE_BYTES]
.next:
    mov     dl, [rsi]
    test    dl, dl
    jz      .end
    cmp     ecx, LINE_BYTES - 1         ; room for the newline
    jae     .end
    mov     [rax + rcx], dl
    inc     ecx
    inc     rsi
    jmp     .next
.end:
    mov     [rax + LINE_BYTES], ecx
    ret

; Appends the unsigned number in rdi.
add_decimal:
    sub     rsp, DIGITS + 1
    lea     rsi, [rsp + DIGITS]
    mov     byte ptr [rsi], 0
    mov     rax, rdi
    mov     ecx, 10
.digit:
    xor     edx, edx
    div     rcx
    add     dl, '0'
    dec     rsi
    mov     [rsi], dl
    test    rax, rax
    jnz     .digit
    call    add_text
    add     rsp, DIGITS + 1
    ret

; Appends the number in rdi in hexadecimal, without leading zeros.
add_hex:
    sub     rsp, DIGITS + 1
    lea     rsi, [rsp + DIGITS]
    mov     byte ptr [rsi], 0
.digit:
    mov     eax, edi
    and     eax, 15
    cmp     al, 10
    jb      .decimal
    add     al, 'a' - '0' - 10
.decimal:
    add     al, '0'
    dec     rsi
    mov     [rsi], al
    shr     rdi, 4
    jnz     .digit
    call    add_text
    add     rsp, DIGITS + 1
    ret

; Ends the line and sends it to the console server.
flush:
    mov     eax, LINE
    mov     ecx, [rax + LINE_BYTES]
    mov     byte ptr [rax + rcx], '\n'
    ; fall through

; Sends what was put together to the console server, and starts anew.
send:
    mov     eax, LINE
    mov     rsi, [rax + 0 * 8]
    mov     rdx, [rax + 1 * 8]
    mov     r8, [rax + 2 * 8]
    mov     r9, [rax + 3 * 8]
    mov     r10, [rax + 4 * 8]
    mov     rbx, [rax + 5 * 8]
    mov     r12, [rax + 6 * 8]
    mov     r13, [rax + 7 * 8]
    mov     r14, [rax + 8 * 8]
    mov     rbp, [rax + 9 * 8]
    mov     r15, [rax + DEADLINE]
    mov     edi, LINE
    mov     ecx, DEADLINE / 8 + 1       ; the count and the deadline too
    xor     eax, eax
    rep stosq
    mov     edi, cap.console
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | Abi.REGISTER_WORDS
    test    r15, r15
    jz      .call
    or      eax, Abi.DEADLINE
.call:
    syscall
    ret
