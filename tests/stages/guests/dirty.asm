; Makes system calls, faults, and is interrupted with every flag set that a task may set.

const FLAGS = 0x244ed7                  ; ID, AC, NT, OF, DF, IF, SF, ZF, AF, PF, CF and bit 1
const CALLS = 40
const ROUNDS = 10_000_000               ; longer than two slices, so that a timer interrupts

dirty:
    push    CALLS
.call:
    mov     eax, 0xff << Abi.NUMBER_SHIFT       ; BAD_CALL
    push    FLAGS
    popfq
    syscall
    dec     qword ptr [rsp]
    jnz     .call
    mov     eax, FaultReply.RESUME
    lea     rdi, [rip + .resumed]
    push    FLAGS
    popfq
    ud2
.resumed:
    push    FLAGS | 0x100               ; and TF: one step
    mov     eax, FaultReply.RESUME
    lea     rdi, [rip + .end]
    popfq
    nop
.end:
    mov     eax, 0xff << Abi.NUMBER_SHIFT       ; ends the steps: the call takes TF along
    syscall
    mov     ecx, ROUNDS
    push    FLAGS
    popfq
.spin:
    dec     ecx
    jnz     .spin
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
