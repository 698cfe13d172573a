; Waits for greeter's answer and for its end, and says whether both are right.
;
; Starts with an empty stack and no arguments. Messages come from greeter (a call, with the answer in
; word 0) and from the kernel (faults and ends of greeter and adder, whose supervisor this is). The run has passed
; when greeter has called with ANSWER and then ended with code 0; it ends by QEMU's debug exit.

const ANSWER   = 42
const ANSWERED = 0                      ; place on the stack: not 0 once the answer came
const FRAME    = 8

start:
    sub     rsp, FRAME
    mov     qword ptr [rsp + ANSWERED], 0
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     failed
    cmp     ah, Kind.FAULT
    je      .ended
    cmp     rsi, ANSWER
    jne     failed
    mov     qword ptr [rsp + ANSWERED], 1
    lea     rsi, [rip + text_answer]
    call    add_text
    mov     edi, ANSWER
    call    add_decimal
    call    flush
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     .serve
.ended:
    cmp     rsi, FaultKind.EXIT << 8    ; else an exception: its vector, with r8 = RIP
    jne     faulted
    test    r9, r9                      ; the exit code
    jnz     failed
    cmp     qword ptr [rsp + ANSWERED], 0
    je      failed
    lea     rsi, [rip + text_passed]
    call    add_text
    call    flush
    mov     al, DebugExit.PASSED
    jmp     finish

; Says who faulted where: rdi = badge, rsi = vector, r8 = RIP.
faulted:
    push    r8
    push    rsi
    push    rdi
    lea     rsi, [rip + text_task]
    call    add_text
    pop     rdi
    call    add_decimal
    lea     rsi, [rip + text_vector]
    call    add_text
    pop     rdi
    call    add_decimal
    lea     rsi, [rip + text_at]
    call    add_text
    pop     rdi
    call    add_hex
    call    flush
failed:
    lea     rsi, [rip + text_failed]
    call    add_text
    call    flush
    mov     al, DebugExit.FAILED
finish:
    mov     dx, DebugExit.PORT
    out     dx, al
.wait:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    jmp     .wait

text_answer:
    .asciz  "start       the answer from C and Rust is "
text_task:
    .asciz  "start       the task with badge "
text_vector:
    .asciz  " had exception "
text_at:
    .asciz  " at "
text_passed:
    .asciz  "kpack: demonstration passed"
text_failed:
    .asciz  "kpack: demonstration failed"
