; Reads lines from the console for ever, and prints each as its count, its name and its bytes between
; brackets. `text_open`, the name and the bracket, and `prepare`, which is called first, are the test's.

const READ = Call.CALL << Abi.NUMBER_SHIFT | 1
const BYTES = User.BUFFER + 0xa00       ; of the line, and a zero behind them
const COUNT = BYTES - 8

reader:
    call    prepare
.next:
    mov     esi, ConsoleRequest.READ
    mov     edi, cap.console
    mov     eax, READ
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     .failed
    test    esi, esi
    jnz     .refused
    mov     eax, BYTES
    mov     [rax + COUNT - BYTES], rdx
    mov     [rax + 0 * 8], r8
    mov     [rax + 1 * 8], r9
    mov     [rax + 2 * 8], r10
    mov     [rax + 3 * 8], rbx
    mov     [rax + 4 * 8], r12
    mov     [rax + 5 * 8], r13
    mov     [rax + 6 * 8], r14
    mov     [rax + 7 * 8], rbp
    mov     qword ptr [rax + 8 * 8], 0
    mov     rdi, rdx
    call    add_decimal
    lea     rsi, [rip + text_open]
    call    add_text
    mov     esi, BYTES
    call    add_text
    lea     rsi, [rip + text_close]
    call    add_text
    call    flush
    jmp     .next
.refused:
    push    rsi
    lea     rsi, [rip + text_refused]
    call    add_text
    pop     rdi
    call    add_decimal
    call    flush
.failed:
    xor     edi, edi
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

text_close:
    .asciz  "]"
text_refused:
    .asciz  "refused "
