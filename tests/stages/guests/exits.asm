; Prints how each task ended whose supervisor it is, and ends the run after the last, or after a fault.
;
;       exit BADGE CODE
;       fault BADGE VECTOR RIP
; Starts with an empty stack and no arguments. TASKS of them are expected; the numbers are hexadecimal.

const TASKS = 2
const LEFT  = 0                         ; place on the stack: how many have not ended
const FRAME = 8
const WHAT  = 0                         ; places above that while a message is said
const WHERE = 8
const CODE  = 16
const SAID  = 24

exits:
    sub     rsp, FRAME
    mov     qword ptr [rsp + LEFT], TASKS
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    push    r9
    push    r8
    push    rsi
    push    rdi
    cmp     rsi, FaultKind.EXIT << 8
    lea     rsi, [rip + text_fault]
    jne     .said
    lea     rsi, [rip + text_exit]
.said:
    call    add_text
    pop     rdi
    call    add_hex
    lea     rsi, [rip + text_space]
    call    add_text
    cmp     qword ptr [rsp + WHAT], FaultKind.EXIT << 8
    jne     .fault
    mov     rdi, [rsp + CODE]
    call    add_hex
    jmp     .flush
.fault:
    mov     rdi, [rsp + WHAT]
    call    add_hex
    lea     rsi, [rip + text_space]
    call    add_text
    mov     rdi, [rsp + WHERE]
    call    add_hex
    call    flush
    mov     esi, DebugExit.FAILED
    jmp     .finish
.flush:
    call    flush
    add     rsp, SAID
    dec     qword ptr [rsp + LEFT]
    jz      .all
    mov     esi, FaultReply.STOP
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 1
    jmp     .serve
.all:
    mov     esi, DebugExit.PASSED
.finish:
    mov     edi, cap.finish
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
.wait:
    jmp     .wait

text_exit:
    .asciz  "exit "
text_fault:
    .asciz  "fault "
text_space:
    .asciz  " "
