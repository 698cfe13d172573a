; Performs a table of system calls and keeps all that each returned, to be read when the machine stands
; still.
;
; A row of the generated table `script` is rax, rdi, the ten words, r15; what is kept of it is the same
; without r15, and the time-stamp counter. Rows whose rax is no call: all ones ends the script; SPIN runs for as many
; rounds of a loop as rdi says; FAULT executes an undefined instruction; STORE writes word 0 to the
; address in rdi. Then the task sleeps for ever.

const RESULTS = User.STACK_TOP - 16 * Page.SIZE         ; the manifest gives sixteen pages of stack
const ROW     = 0                       ; places on the stack
const RESULT  = 8
const FRAME   = 16
const GIVEN   = 13 * 8                  ; bytes of a row
const KEPT    = 13 * 8
const SPIN    = -2
const FAULT   = -3
const STORE   = -4

actor:
    sub     rsp, FRAME
    lea     rax, [rip + script]
    mov     [rsp + ROW], rax
    mov     qword ptr [rsp + RESULT], RESULTS
.row:
    mov     rcx, [rsp + ROW]
    mov     rax, [rcx]
    mov     rdi, [rcx + 1 * 8]
    cmp     rax, -1
    je      .end
    cmp     rax, SPIN
    je      .spin
    cmp     rax, FAULT
    je      .fault
    cmp     rax, STORE
    je      .store
    mov     rsi, [rcx + 2 * 8]
    mov     rdx, [rcx + 3 * 8]
    mov     r8, [rcx + 4 * 8]
    mov     r9, [rcx + 5 * 8]
    mov     r10, [rcx + 6 * 8]
    mov     rbx, [rcx + 7 * 8]
    mov     r12, [rcx + 8 * 8]
    mov     r13, [rcx + 9 * 8]
    mov     r14, [rcx + 10 * 8]
    mov     rbp, [rcx + 11 * 8]
    mov     r15, [rcx + 12 * 8]
    syscall
.keep:
    mov     rcx, [rsp + RESULT]
    mov     [rcx], rax
    mov     [rcx + 1 * 8], rdi
    mov     [rcx + 2 * 8], rsi
    mov     [rcx + 3 * 8], rdx
    mov     [rcx + 4 * 8], r8
    mov     [rcx + 5 * 8], r9
    mov     [rcx + 6 * 8], r10
    mov     [rcx + 7 * 8], rbx
    mov     [rcx + 8 * 8], r12
    mov     [rcx + 9 * 8], r13
    mov     [rcx + 10 * 8], r14
    mov     [rcx + 11 * 8], rbp
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rcx + 12 * 8], rax
    add     qword ptr [rsp + RESULT], KEPT
    add     qword ptr [rsp + ROW], GIVEN
    jmp     .row
.spin:
    dec     rdi
    jnz     .spin
    jmp     .keep
.fault:
    ud2
    jmp     .keep
.store:
    mov     rax, [rcx + 2 * 8]
    mov     [rdi], rax
    jmp     .keep
.end:
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
