; Falls into the steps that the test writes behind the library: see tests/stages/steps.py.
;
; `poison_block` fills the registers' block of calls.asm; `tell` prints it, as `result NAME …` with the name at
; rsi; `sleep` lets rsi ns pass; `wait_for_ever` is jumped to.

const OWN_FILL     = 0                  ; calls.asm's tables are not used
const PARTNER_FILL = 0

perform:
    jmp     steps

poison_block:
    mov     edi, BLOCK
    mov     rax, POISON
.next:
    mov     [rdi], rax
    inc     rax
    add     rdi, 8
    cmp     edi, BLOCK + BLOCK_WORDS * 8
    jb      .next
    ret

tell:
    push    rsi
    lea     rsi, [rip + text_result]
    call    add_text
    pop     rsi
    call    add_text
    jmp     print_block

sleep:
    push    rsi
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    pop     r15
    add     r15, rsi
    xor     edi, edi                    ; nothing but the deadline
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    ret

wait_for_ever:
    mov     edi, Receive.SIGNALS        ; one who owes a reply may wait for those
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    jmp     wait_for_ever
