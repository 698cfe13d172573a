; Performs a table of operations and prints what each left in the registers.
;
; `run_table` is called with rsi = the first row; the row whose routine is 0 ends it. A routine finds
; every register's value in the block and leaves there what came of it: `do_call` makes a system call,
; others are the task's own. One line a row, all words hexadecimal:
;       result NAME RAX RDI RSI RDX R8 R9 R10 RBX R12 R13 R14 RBP RCX R11 R15 FIRST LAST CHANGED WRONG
; The last four say what lies in the message buffer: the first and the last word that changed since
; `fill_buffer`, how many did, and how many of those the partner did not write. The task that includes
; this names the fillings: OWN_FILL, and PARTNER_FILL that is expected.

const BLOCK       = User.BUFFER + 0x900 ; the registers, then the four words about the buffer
const REGISTERS   = 15
const SEEN        = BLOCK + REGISTERS * 8
const BLOCK_WORDS = REGISTERS + 4
const WATCHED     = 256                 ; words of the buffer's page, from its start to LINE
const POISON      = 0x7e57000000000000  ; with the register's place in its low bits
const ROW_BYTES   = 72                  ; a routine, five registers, a name
const NAME        = 6 * 8               ; its place in the row

run_table:
    push    rsi
.row:
    call    fill_buffer
    mov     edi, BLOCK
    mov     rax, POISON
.poison:
    mov     [rdi], rax
    inc     rax
    add     rdi, 8
    cmp     edi, SEEN
    jb      .poison
    mov     rsi, [rsp]
    add     rsi, 8
    mov     edi, BLOCK
    mov     ecx, 5                      ; rax, rdi, rsi, rdx, r8
    rep movsq
    mov     rax, [rsp]
    call    qword ptr [rax]
    call    scan_buffer
    lea     rsi, [rip + text_result]
    call    add_text
    mov     rsi, [rsp]
    add     rsi, NAME
    call    add_text
    call    print_block
    add     qword ptr [rsp], ROW_BYTES
    mov     rax, [rsp]
    cmp     qword ptr [rax], 0
    jne     .row
    pop     rsi
    ret

; Makes the system call that the block describes.
do_call:
    call    load_block
    syscall
    ; fall through

; Stores the registers in the block; keeps none.
store_block:
    push    r15
    mov     r15d, BLOCK
    mov     [r15 + 0 * 8], rax
    mov     [r15 + 1 * 8], rdi
    mov     [r15 + 2 * 8], rsi
    mov     [r15 + 3 * 8], rdx
    mov     [r15 + 4 * 8], r8
    mov     [r15 + 5 * 8], r9
    mov     [r15 + 6 * 8], r10
    mov     [r15 + 7 * 8], rbx
    mov     [r15 + 8 * 8], r12
    mov     [r15 + 9 * 8], r13
    mov     [r15 + 10 * 8], r14
    mov     [r15 + 11 * 8], rbp
    mov     [r15 + 12 * 8], rcx
    mov     [r15 + 13 * 8], r11
    pop     rax
    mov     [r15 + 14 * 8], rax
    ret

; Loads every register from the block.
load_block:
    mov     r15d, BLOCK
    mov     rax, [r15 + 0 * 8]
    mov     rdi, [r15 + 1 * 8]
    mov     rsi, [r15 + 2 * 8]
    mov     rdx, [r15 + 3 * 8]
    mov     r8, [r15 + 4 * 8]
    mov     r9, [r15 + 5 * 8]
    mov     r10, [r15 + 6 * 8]
    mov     rbx, [r15 + 7 * 8]
    mov     r12, [r15 + 8 * 8]
    mov     r13, [r15 + 9 * 8]
    mov     r14, [r15 + 10 * 8]
    mov     rbp, [r15 + 11 * 8]
    mov     rcx, [r15 + 12 * 8]
    mov     r11, [r15 + 13 * 8]
    mov     r15, [r15 + 14 * 8]
    ret

; Writes OWN_FILL + n to each word n that is watched.
fill_buffer:
    mov     edi, User.BUFFER
    mov     eax, OWN_FILL
    mov     ecx, WATCHED
.next:
    mov     [rdi], rax
    inc     eax
    add     rdi, 8
    dec     ecx
    jnz     .next
    ret

; Compares the watched words with the fillings.
scan_buffer:
    xor     ecx, ecx                    ; the word
    mov     r8, -1                      ; first
    xor     r9d, r9d                    ; last
    xor     r10d, r10d                  ; changed
    xor     r11d, r11d                  ; wrong
    mov     edi, User.BUFFER
.next:
    mov     rax, [rdi + rcx * 8]
    lea     rdx, [rcx + OWN_FILL]
    cmp     rax, rdx
    je      .same
    cmp     r8, rcx
    cmova   r8, rcx
    mov     r9, rcx
    inc     r10
    lea     rdx, [rcx + PARTNER_FILL]
    cmp     rax, rdx
    je      .same
    inc     r11
.same:
    inc     ecx
    cmp     ecx, WATCHED
    jb      .next
    mov     edi, SEEN
    mov     [rdi + 0 * 8], r8
    mov     [rdi + 1 * 8], r9
    mov     [rdi + 2 * 8], r10
    mov     [rdi + 3 * 8], r11
    ret

; Appends the block to the line, and ends it.
print_block:
    call    send
    push    BLOCK
.next:
    lea     rsi, [rip + text_space]
    call    add_text
    mov     rax, [rsp]
    mov     rdi, [rax]
    call    add_hex
    call    send
    add     qword ptr [rsp], 8
    cmp     qword ptr [rsp], BLOCK + BLOCK_WORDS * 8
    jb      .next
    pop     rax
    jmp     flush

text_result:
    .asciz  "result "
text_space:
    .asciz  " "
