; Notices when the processor was taken away from it, by a jump of the time-stamp counter, and notes how
; long it had it before. After RUNS times it says so, in the counter's units, and ends the run. The
; first, during which the kernel measures a slice, is not counted. Its other half is last.asm.

const RUNS = 6
const JUMP = 100000                     ; longer than any two looks while it runs

runner:
    mov     r12d, RUNS + 1
    rdtsc
    shl     rdx, 32
    or      rax, rdx
.began:
    mov     rbx, rax                    ; since when it runs
.runs:
    mov     rbp, rax                    ; the last look
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    lea     rcx, [rbp + JUMP]
    cmp     rax, rcx
    jb      .runs
    sub     rbp, rbx
    push    rbp
    dec     r12d
    jnz     .began
    mov     ebx, RUNS
.say:
    lea     rsi, [rip + text_ran]
    call    add_text
    pop     rdi
    call    add_hex
    push    rbx
    call    flush
    pop     rbx
    dec     ebx
    jnz     .say
    jmp     last

text_ran:
    .asciz  "ran "
