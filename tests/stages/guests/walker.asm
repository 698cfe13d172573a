; Threads that perform rows of system calls; the first of them makes the others by its rows.
;
; A thread enters at `walker`, or begins anew there, with rsp = its place: the address of its next row, then that of
; what it keeps of it. Rows lie behind the label `rows`, which the test fills in the finished image and where the
; address of the first thread's stands; a row is
;       TIME            0, or when to perform it, in ns since boot; one that comes too late is passed over
;       CALL HANDLE UNTIL       rax, rdi and r15, and six words; the other four are the row's address
; of which it keeps rax, rdi and the ten words when the call is over. Until then it says PENDING, and LATE if the
; row was passed over. AGAIN makes the call again. Rows whose rax is no call:
;       END             sleeps for ever
;       SPIN            as many rounds of a loop as rdi says
;       FAULT           an undefined instruction, behind which lies `resumed`
;       STORE           writes two words to the address in rdi
;       FINISH          ends the run as passed

const TIME    = 0
const CALL    = 8
const HANDLE  = 16
const UNTIL   = 24
const WORDS   = 32
const ROW     = 80                      ; bytes
const KEPT    = 96
const PENDING = -1
const LATE    = -2
const END     = -1
const SPIN    = -2
const FAULT   = -3
const STORE   = -4
const FINISH  = -5

entry:
    sub     rsp, 16
    mov     rax, [rip + rows]
    mov     [rsp], rax
    lea     rax, [rsp - Page.SIZE]      ; what this thread keeps, it keeps on its own stack at first:
    mov     [rsp + 8], rax              ; its first rows make memory for the others

walker:
    mov     rcx, [rsp]
    mov     rax, [rcx + CALL]
    cmp     rax, END
    je      .end
    cmp     qword ptr [rcx + TIME], 0
    je      .perform
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    mov     rcx, [rsp]
    cmp     rsi, [rcx + TIME]
    jae     .late
    mov     r15, [rcx + TIME]
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    mov     rcx, [rsp]
    cmp     eax, Status.TIMED_OUT << Abi.STATUS_SHIFT
    jne     walker                      ; it was stopped, and started
.perform:
    mov     rdx, [rsp + 8]
    mov     qword ptr [rdx], PENDING
    add     qword ptr [rsp], ROW
    add     qword ptr [rsp + 8], KEPT
    mov     rax, [rcx + CALL]
    mov     rdi, [rcx + HANDLE]
    cmp     rax, SPIN
    je      .spin
    cmp     rax, FAULT
    je      .fault
    cmp     rax, STORE
    je      .store
    cmp     rax, FINISH
    je      .finish
    mov     r15, [rcx + UNTIL]
    mov     rsi, [rcx + WORDS]
    mov     rdx, [rcx + WORDS + 1 * 8]
    mov     r8, [rcx + WORDS + 2 * 8]
    mov     r9, [rcx + WORDS + 3 * 8]
    mov     r10, [rcx + WORDS + 4 * 8]
    mov     rbx, [rcx + WORDS + 5 * 8]
    mov     r12, rcx
    mov     r13, rcx
    mov     r14, rcx
    mov     rbp, rcx
    syscall
    mov     ecx, eax
    and     ecx, Abi.STATUS_MASK
    cmp     ecx, Status.AGAIN << Abi.STATUS_SHIFT
    je      .again
.keep:
    mov     rcx, [rsp + 8]
    mov     [rcx - KEPT], rax
    mov     [rcx - KEPT + 1 * 8], rdi
    mov     [rcx - KEPT + 2 * 8], rsi
    mov     [rcx - KEPT + 3 * 8], rdx
    mov     [rcx - KEPT + 4 * 8], r8
    mov     [rcx - KEPT + 5 * 8], r9
    mov     [rcx - KEPT + 6 * 8], r10
    mov     [rcx - KEPT + 7 * 8], rbx
    mov     [rcx - KEPT + 8 * 8], r12
    mov     [rcx - KEPT + 9 * 8], r13
    mov     [rcx - KEPT + 10 * 8], r14
    mov     [rcx - KEPT + 11 * 8], rbp
    jmp     walker
.again:
    sub     qword ptr [rsp], ROW
    sub     qword ptr [rsp + 8], KEPT
    mov     rcx, [rsp]
    jmp     .perform
.late:
    mov     rdx, [rsp + 8]
    mov     qword ptr [rdx], LATE
    add     qword ptr [rsp], ROW
    add     qword ptr [rsp + 8], KEPT
    jmp     walker
.spin:
    dec     rdi
    jnz     .spin
    jmp     .keep
.fault:
    ud2
resumed:
    jmp     walker.keep
walker.store:
    mov     rsi, [rcx + WORDS]
    mov     [rdi], rsi
    mov     rsi, [rcx + WORDS + 8]
    mov     [rdi + 8], rsi
    jmp     walker.keep
walker.end:
    xor     edi, edi
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    jmp     walker.end
walker.finish:
    lea     rsi, [rip + text_passed]
    call    add_text
    call    flush
    mov     esi, DebugExit.PASSED
    mov     edi, cap.finish
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 1
    syscall
.wait:
    jmp     .wait

text_passed:
    .asciz  "kpack: demonstration passed"
    .align  8
