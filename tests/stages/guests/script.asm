; Performs a table of system calls and keeps what each returned, to be read when the machine stands
; still.
;
; A row of the generated table `script` is rax, then rdi, rsi, rdx, r8, r9, r10, rbx; the row whose rax
; is all ones ends it. A call that returns AGAIN is made again, but not when ONCE is set in its rax. The
; quadword that a row leaves at RESULTS has the Status of the last in its lowest byte, then in three how
; often it was AGAIN, then in four how many ticks of the time-stamp counter the longest call took. Then
; the task waits for ever.

const RESULTS  = User.STACK_TOP - 8 * Page.SIZE         ; the manifest gives eight pages of stack
const ROW      = 0                      ; places on the stack
const RESULT   = 8
const REPEATED = 16
const LONGEST  = 24
const START    = 32
const FRAME    = 40
const REGISTERS = 8
const ONCE     = 63                     ; a bit
const AGAIN    = Status.AGAIN << Abi.STATUS_SHIFT

perform:
    sub     rsp, FRAME
    lea     rax, [rip + script]
    mov     [rsp + ROW], rax
    mov     qword ptr [rsp + RESULT], RESULTS
.row:
    mov     qword ptr [rsp + REPEATED], 0
    mov     qword ptr [rsp + LONGEST], 0
.call:
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rsp + START], rax
    mov     rcx, [rsp + ROW]
    mov     rax, [rcx]
    cmp     rax, -1
    je      .end
    mov     rdi, [rcx + 1 * 8]
    mov     rsi, [rcx + 2 * 8]
    mov     rdx, [rcx + 3 * 8]
    mov     r8, [rcx + 4 * 8]
    mov     r9, [rcx + 5 * 8]
    mov     r10, [rcx + 6 * 8]
    mov     rbx, [rcx + 7 * 8]
    btr     rax, ONCE
    syscall
    mov     esi, eax
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    sub     rax, [rsp + START]
    cmp     rax, [rsp + LONGEST]
    jbe     .shorter
    mov     [rsp + LONGEST], rax
.shorter:
    cmp     esi, AGAIN
    jne     .done
    mov     rcx, [rsp + ROW]
    bt      qword ptr [rcx], ONCE
    jc      .done
    inc     qword ptr [rsp + REPEATED]
    jmp     .call
.done:
    shr     esi, Abi.STATUS_SHIFT
    movzx   eax, sil
    mov     rcx, [rsp + REPEATED]
    shl     ecx, 8
    or      eax, ecx
    mov     rcx, [rsp + LONGEST]
    shl     rcx, 32
    or      rax, rcx
    mov     rcx, [rsp + RESULT]
    mov     [rcx], rax
    add     qword ptr [rsp + RESULT], 8
    add     qword ptr [rsp + ROW], REGISTERS * 8
    jmp     .row
.end:
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
