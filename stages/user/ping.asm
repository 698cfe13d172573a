; The client of the round trips: calls pong many times, in batches, and reports to the supervisor.
;
; Every batch is timed by the time-stamp counter; the shortest is the one that no timer interrupt and
; no other task's slice fell into. Reports words: 1 = round trips, 2 = round trips a batch, 3 = the
; shortest batch's ticks. The loop's own seven instructions and pong's five are part of the figure.

const BATCH   = 100
const BATCHES = 1000
const BEST    = 0                       ; places on the stack
const LEFT    = 8
const START   = 16
const TRIPS   = 24

ping:
    sub     rsp, 32
    mov     qword ptr [rsp + BEST], -1
    mov     qword ptr [rsp + LEFT], BATCHES
.batch:
    mov     qword ptr [rsp + TRIPS], BATCH
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rsp + START], rax
.trip:
    xor     eax, eax                    ; Call.CALL, no words
    mov     edi, cap.pong
    syscall
    test    eax, Abi.STATUS_MASK
    jnz     .failed
    dec     qword ptr [rsp + TRIPS]
    jnz     .trip
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rsp + START]
    cmp     rax, [rsp + BEST]
    jae     .not_best
    mov     [rsp + BEST], rax
.not_best:
    dec     qword ptr [rsp + LEFT]
    jnz     .batch
    mov     esi, SupervisorRequest.REPORT
    mov     edx, BATCH * BATCHES
    mov     r8d, BATCH
    mov     r9, [rsp + BEST]
    mov     edi, cap.supervisor
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 4
    syscall
    xor     eax, eax
.failed:
    shr     eax, Abi.STATUS_SHIFT       ; the exit code is the Status, 0 when all is well
    mov     edi, eax
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    syscall
